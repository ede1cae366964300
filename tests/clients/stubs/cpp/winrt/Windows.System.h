#pragma once
#include "base.h"

namespace winrt::Windows::System {

struct Launcher {
    static Foundation::IAsyncOperation<Foundation::IInspectable> LaunchUriAsync(const Foundation::Uri&) { return nullptr; }
};

}  // namespace winrt::Windows::System
