#pragma once
#include "base.h"

namespace winrt::Microsoft::Windows::AppNotifications {

enum class AppNotificationSetting {
    Enabled,
    DisabledForApplication,
    DisabledForUser,
    DisabledByGroupPolicy,
    DisabledByManifest,
    Unsupported,
};

struct AppNotificationActivatedEventArgs : stub_object {
    using stub_object::stub_object;
    hstring Argument() const { return {}; }
    winrt::Windows::Foundation::Collections::IMap UserInput() const { return {}; }
};

struct AppNotificationManager : stub_object {
    using stub_object::stub_object;
    static AppNotificationManager Default() { return nullptr; }
    static bool IsSupported() { return false; }
    AppNotificationSetting Setting() const { return AppNotificationSetting::Unsupported; }
    void Register() const {}
    void Unregister() const {}
    event_token NotificationInvoked(
        std::function<void(const AppNotificationManager&, const AppNotificationActivatedEventArgs&)>) const {
        return {};
    }
};

}  // namespace winrt::Microsoft::Windows::AppNotifications
