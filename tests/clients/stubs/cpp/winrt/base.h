// The parts of C++/WinRT that the kit, its samples and the guide use, so that they compile without Windows. They do nothing.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace winrt {

struct hstring : std::wstring {
    using std::wstring::wstring;
};

inline std::string to_string(std::wstring_view text) { return std::string(text.begin(), text.end()); }

struct hresult {
    std::int32_t value = 0;
    constexpr operator std::int32_t() const noexcept { return value; }
};

struct hresult_error {
    hresult code() const noexcept { return {}; }
};

struct guid {
    explicit guid(std::string_view) {}
};

inline void init_apartment() {}

struct event_token {
    std::int64_t value = 0;
};

// What every projected class has: it is empty or refers to an object.
struct stub_object {
    stub_object() = default;
    stub_object(std::nullptr_t) {}

    explicit operator bool() const { return false; }

    template <typename To>
    To as() const {
        return To{nullptr};
    }
};

}  // namespace winrt

namespace winrt::Windows::Foundation {

enum class AsyncStatus { Started, Completed, Canceled, Error };

struct IInspectable : stub_object {
    using stub_object::stub_object;
};

struct Uri : stub_object {
    using stub_object::stub_object;
    explicit Uri(std::wstring_view) {}
    hstring RawUri() const { return {}; }
};

template <typename Result>
struct IAsyncOperation : stub_object {
    using stub_object::stub_object;
    Result GetResults() const { return Result{nullptr}; }
    void Completed(std::function<void(const IAsyncOperation&, AsyncStatus)>) const {}
};

template <typename Result, typename Progress>
struct IAsyncOperationWithProgress : stub_object {
    using stub_object::stub_object;
    Result GetResults() const { return Result{nullptr}; }
    void Completed(std::function<void(const IAsyncOperationWithProgress&, AsyncStatus)>) const {}
};

}  // namespace winrt::Windows::Foundation

namespace winrt::Windows::Foundation::Collections {

struct IKeyValuePair {
    hstring Key() const { return {}; }
    hstring Value() const { return {}; }
};

struct IMap {
    const IKeyValuePair* begin() const { return nullptr; }
    const IKeyValuePair* end() const { return nullptr; }
};

}  // namespace winrt::Windows::Foundation::Collections
