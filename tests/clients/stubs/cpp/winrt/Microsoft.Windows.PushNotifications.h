#pragma once
#include "Windows.ApplicationModel.Background.h"

namespace winrt::Microsoft::Windows::PushNotifications {

enum class PushNotificationChannelStatus { InProgress, InProgressRetry, CompletedSuccess, CompletedFailure };

struct PushNotificationCreateChannelStatus {};

struct PushNotificationChannel : stub_object {
    using stub_object::stub_object;
    winrt::Windows::Foundation::Uri Uri() const { return nullptr; }
};

struct PushNotificationCreateChannelResult : stub_object {
    using stub_object::stub_object;
    PushNotificationChannel Channel() const { return nullptr; }
    hresult ExtendedError() const { return {}; }
    PushNotificationChannelStatus Status() const { return PushNotificationChannelStatus::CompletedFailure; }
};

struct PushNotificationReceivedEventArgs : stub_object {
    using stub_object::stub_object;
    std::array<std::uint8_t, 0> Payload() const { return {}; }
    winrt::Windows::ApplicationModel::Background::BackgroundTaskDeferral GetDeferral() const { return nullptr; }
};

struct PushNotificationManager : stub_object {
    using stub_object::stub_object;
    static PushNotificationManager Default() { return nullptr; }
    static bool IsSupported() { return false; }
    void Register() const {}
    void Unregister() const {}
    winrt::Windows::Foundation::IAsyncOperationWithProgress<PushNotificationCreateChannelResult,
                                                            PushNotificationCreateChannelStatus>
    CreateChannelAsync(const guid&) const {
        return nullptr;
    }
    event_token PushReceived(
        std::function<void(const PushNotificationManager&, const PushNotificationReceivedEventArgs&)>) const {
        return {};
    }
};

}  // namespace winrt::Microsoft::Windows::PushNotifications
