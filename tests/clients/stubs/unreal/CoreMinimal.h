// The parts of Unreal Engine that the sample uses, so that it compiles without the engine. They do nothing.

#pragma once

#include <memory>
#include <string>

#define TEXT(text) text
#define TCHAR_TO_UTF8(text) (text)
#define UTF8_TO_TCHAR(text) (text)
#define UCLASS()
#define GENERATED_BODY()
#define UE_LOG(category, verbosity, format, ...) unreal_log(format, __VA_ARGS__)

template <typename... Values>
void unreal_log(const char*, Values...) {}

struct FString {
    std::string text;

    FString() = default;
    FString(const char* from) : text(from) {}
    const char* operator*() const { return text.c_str(); }
};

template <typename Object>
struct TSharedPtr : std::shared_ptr<Object> {
    using std::shared_ptr<Object>::shared_ptr;
    bool IsValid() const { return this->get() != nullptr; }
};
