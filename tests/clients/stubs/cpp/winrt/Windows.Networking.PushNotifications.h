#pragma once
#include "Windows.UI.Notifications.h"

namespace winrt::Windows::Networking::PushNotifications {

enum class PushNotificationType { Toast, Tile, Badge, Raw, TileFlyout };

struct RawNotification : stub_object {
    using stub_object::stub_object;
    hstring Content() const { return {}; }
};

struct PushNotificationReceivedEventArgs : stub_object {
    using stub_object::stub_object;
    PushNotificationType NotificationType() const { return PushNotificationType::Raw; }
    void Cancel(bool) const {}
    UI::Notifications::ToastNotification ToastNotification() const { return nullptr; }
    PushNotifications::RawNotification RawNotification() const { return nullptr; }
};

struct PushNotificationChannel : stub_object {
    using stub_object::stub_object;
    hstring Uri() const { return {}; }
    event_token PushNotificationReceived(
        std::function<void(const PushNotificationChannel&, const PushNotificationReceivedEventArgs&)>) const {
        return {};
    }
    void PushNotificationReceived(event_token) const {}
};

struct PushNotificationChannelsRevokedEventArgs : stub_object {
    using stub_object::stub_object;
};

struct PushNotificationChannelManager {
    static Foundation::IAsyncOperation<PushNotificationChannel> CreatePushNotificationChannelForApplicationAsync() {
        return nullptr;
    }
    static event_token ChannelsRevoked(
        std::function<void(const Foundation::IInspectable&, const PushNotificationChannelsRevokedEventArgs&)>) {
        return {};
    }
};

}  // namespace winrt::Windows::Networking::PushNotifications
