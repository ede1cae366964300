// Channels of a UWP game, or of a packaged game that uses the UWP API, with C++/WinRT: identity Package SID.

#pragma once

#include <winrt/Windows.Data.Xml.Dom.h>
#include <winrt/Windows.Foundation.Metadata.h>
#include <winrt/Windows.Foundation.h>
#include <winrt/Windows.Networking.PushNotifications.h>
#include <winrt/Windows.System.Power.h>
#include <winrt/Windows.UI.Notifications.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "windows_push.hpp"

namespace windows_push {

// Returns a failure as the client reports it, such as "0x880403E8".
inline std::string hresult_text(winrt::hresult code) {
    char text[11];
    std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(static_cast<int>(code)));
    return text;
}

class UwpChannelSource : public ChannelSource {
public:
    // What a notification that arrives while the game runs leads to. Set it before the client starts; called on any thread.
    struct Handlers {
        std::function<bool()> should_show_toast;           // PushClient::should_show_toast
        std::function<void(std::string xml)> toast;        // a toast that Windows does not show
        std::function<void(std::string content)> raw;
    };

    explicit UwpChannelSource(Handlers handlers = {}) : shared_(std::make_shared<Shared>()) {
        shared_->handlers = std::move(handlers);
    }

    PushAvailability availability() override { return PushAvailability::available; }

    void request_channel(std::function<void(ChannelResult)> done) override {
        namespace push = winrt::Windows::Networking::PushNotifications;
        const auto request = push::PushNotificationChannelManager::CreatePushNotificationChannelForApplicationAsync();
        request.Completed([shared = shared_, done = std::move(done)](const auto& operation, auto) {
            ChannelResult result;
            try {
                const push::PushNotificationChannel channel = operation.GetResults();
                shared->keep(channel, channel.PushNotificationReceived(
                                          [shared](const auto&, const auto& e) { shared->receive(e); }));
                result = ChannelResult::opened(winrt::to_string(channel.Uri()));
            } catch (const winrt::hresult_error& error) {
                // Most often there is no network.
                result = ChannelResult::failed(hresult_text(error.code()), true);
            }
            done(result);
        });
    }

    void on_channels_revoked(std::function<void()> revoked) override {
        using winrt::Windows::Foundation::Metadata::ApiInformation;
        // Windows 10, version 2004 and later.
        if (ApiInformation::IsEventPresent(L"Windows.Networking.PushNotifications.PushNotificationChannelManager",
                                           L"ChannelsRevoked")) {
            winrt::Windows::Networking::PushNotifications::PushNotificationChannelManager::ChannelsRevoked(
                [revoked = std::move(revoked)](const auto&, const auto&) { revoked(); });
        }
    }

private:
    using Channel = winrt::Windows::Networking::PushNotifications::PushNotificationChannel;
    using Received = winrt::Windows::Networking::PushNotifications::PushNotificationReceivedEventArgs;

    struct Shared {
        Handlers handlers;
        std::mutex mutex;
        Channel channel{nullptr};  // kept, because notifications reach the game through this object
        winrt::event_token token{};

        void keep(const Channel& opened, winrt::event_token received) {
            const std::lock_guard<std::mutex> lock(mutex);
            if (channel) {
                channel.PushNotificationReceived(token);  // the former channel's handler ends
            }
            channel = opened;
            token = received;
        }

        void receive(const Received& e) {
            using winrt::Windows::Networking::PushNotifications::PushNotificationType;
            if (e.NotificationType() == PushNotificationType::Toast && handlers.should_show_toast &&
                !handlers.should_show_toast()) {
                e.Cancel(true);
                if (handlers.toast) {
                    handlers.toast(winrt::to_string(e.ToastNotification().Content().GetXml()));
                }
            } else if (e.NotificationType() == PushNotificationType::Raw) {
                e.Cancel(true);  // else a background task, if there is one, handles it too
                if (handlers.raw) {
                    handlers.raw(winrt::to_string(e.RawNotification().Content()));
                }
            }
        }
    };

    const std::shared_ptr<Shared> shared_;
};

// The settings that a UWP game can read.
class UwpWindowsSettings : public WindowsSettings {
public:
    NotificationsAre notifications() override {
        using winrt::Windows::UI::Notifications::NotificationSetting;
        try {
            switch (winrt::Windows::UI::Notifications::ToastNotificationManager::CreateToastNotifier().Setting()) {
                case NotificationSetting::Enabled: return NotificationsAre::enabled;
                case NotificationSetting::DisabledForApplication: return NotificationsAre::off_for_game;
                case NotificationSetting::DisabledForUser: return NotificationsAre::off_for_windows_user;
                case NotificationSetting::DisabledByGroupPolicy: return NotificationsAre::off_by_policy;
                case NotificationSetting::DisabledByManifest: return NotificationsAre::off_by_manifest;
                default: return NotificationsAre::unknown;
            }
        } catch (const winrt::hresult_error&) {
            return NotificationsAre::unknown;  // the notification platform does not run
        }
    }

    BatterySaver battery_saver() override {
        using winrt::Windows::System::Power::EnergySaverStatus;
        switch (winrt::Windows::System::Power::PowerManager::EnergySaverStatus()) {
            case EnergySaverStatus::On: return BatterySaver::on;
            case EnergySaverStatus::Off: return BatterySaver::off;
            default: return BatterySaver::unavailable;
        }
    }
};

}  // namespace windows_push
