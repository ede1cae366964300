#pragma once
#include "base.h"

namespace winrt::Windows::Foundation::Metadata {

struct ApiInformation {
    static bool IsEventPresent(std::wstring_view, std::wstring_view) { return true; }
};

}  // namespace winrt::Windows::Foundation::Metadata
