#pragma once
#include "base.h"

namespace winrt::Microsoft::Windows::AppLifecycle {

enum class ExtendedActivationKind { Launch = 0, Push = 5000, AppNotification = 5001 };

struct AppActivationArguments : stub_object {
    using stub_object::stub_object;
    ExtendedActivationKind Kind() const { return ExtendedActivationKind::Launch; }
    winrt::Windows::Foundation::IInspectable Data() const { return nullptr; }
};

struct AppInstance : stub_object {
    using stub_object::stub_object;
    static AppInstance GetCurrent() { return nullptr; }
    AppActivationArguments GetActivatedEventArgs() const { return nullptr; }
};

}  // namespace winrt::Microsoft::Windows::AppLifecycle
