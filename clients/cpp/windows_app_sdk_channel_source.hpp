// Channels of a desktop game with the Windows App SDK (1.2 or later), packaged or not, with C++/WinRT: identity
// Microsoft Entra.

#pragma once

#include <winrt/Microsoft.Windows.AppLifecycle.h>
#include <winrt/Microsoft.Windows.AppNotifications.h>
#include <winrt/Microsoft.Windows.PushNotifications.h>
#include <winrt/Microsoft.Windows.System.Power.h>
#include <winrt/Windows.ApplicationModel.Background.h>
#include <winrt/Windows.Foundation.Collections.h>
#include <winrt/Windows.Foundation.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "windows_push.hpp"

namespace windows_push {

class WindowsAppSdkChannelSource : public ChannelSource {
public:
    // `remote_id`: object id of the service principal ("Managed application in local directory").
    explicit WindowsAppSdkChannelSource(winrt::guid remote_id)
        : remote_id_(remote_id), shared_(std::make_shared<Shared>()) {}

    PushAvailability availability() override {
        if (!winrt::Microsoft::Windows::PushNotifications::PushNotificationManager::IsSupported()) {
            return PushAvailability::self_contained;
        }
        // False means elevated, and nothing else (WindowsAppSDK issue 4504).
        return winrt::Microsoft::Windows::AppNotifications::AppNotificationManager::IsSupported()
                   ? PushAvailability::available
                   : PushAvailability::elevated;
    }

    void request_channel(std::function<void(ChannelResult)> done) override {
        using winrt::Microsoft::Windows::PushNotifications::PushNotificationChannelStatus;
        using winrt::Microsoft::Windows::PushNotifications::PushNotificationManager;
        // Retries by itself for up to 15 minutes.
        const auto request = PushNotificationManager::Default().CreateChannelAsync(remote_id_);
        request.Completed([shared = shared_, done = std::move(done)](const auto& operation, auto) {
            ChannelResult result;
            try {
                const auto created = operation.GetResults();
                if (created.Status() == PushNotificationChannelStatus::CompletedSuccess) {
                    shared->keep(created.Channel());
                    // RawUri: as Windows gave it; the other properties may unescape.
                    result = ChannelResult::opened(winrt::to_string(created.Channel().Uri().RawUri()));
                } else {
                    result = failed(created.ExtendedError());
                }
            } catch (const winrt::hresult_error& error) {
                result = failed(error.code());
            }
            done(result);
        });
    }

    // Never raised: the Windows App SDK has no such event. A new channel is requested at each start.
    void on_channels_revoked(std::function<void()>) override {}

private:
    using Channel = winrt::Microsoft::Windows::PushNotifications::PushNotificationChannel;

    struct Shared {
        std::mutex mutex;
        Channel channel{nullptr};  // the caller has to keep a channel alive

        void keep(const Channel& opened) {
            const std::lock_guard<std::mutex> lock(mutex);
            channel = opened;
        }
    };

    static ChannelResult failed(winrt::hresult code) {
        const auto value = static_cast<std::uint32_t>(static_cast<int>(code));
        const bool may_retry = value != 0x80070032 && value != 0x80070057;  // not supported, invalid argument
        char text[11];
        std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(value));
        return ChannelResult::failed(text, may_retry);
    }

    const winrt::guid remote_id_;
    const std::shared_ptr<Shared> shared_;
};

// A click on a toast or on one of its buttons. Untrusted.
struct NotificationClick {
    std::string arguments;                      // the toast's launch or the button's arguments
    std::map<std::string, std::string> inputs;  // what the player typed or chose
};

// Why the game was started.
struct PushActivation {
    std::optional<NotificationClick> click;  // the click that started the game
    std::optional<std::string> raw;          // Windows started the game in the background: do little, then exit
    std::function<void()> complete = [] {};  // tells Windows that `raw` is handled
};

namespace detail {

inline NotificationClick click_of(
    const winrt::Microsoft::Windows::AppNotifications::AppNotificationActivatedEventArgs& e) {
    NotificationClick click;
    click.arguments = winrt::to_string(e.Argument());
    for (const auto& input : e.UserInput()) {
        click.inputs[winrt::to_string(input.Key())] = winrt::to_string(input.Value());
    }
    return click;
}

template <typename Bytes>
std::string text_of(const Bytes& bytes) {
    return std::string(bytes.begin(), bytes.end());
}

}  // namespace detail

// Connects a game with the notifications of the Windows App SDK. Call it first thing in main: it sets the handlers, calls
// both Register functions and reads the activation's arguments, in the order that the SDK demands.
// The handlers are called on any thread while the game runs.
inline PushActivation register_notifications(std::function<void(NotificationClick)> clicked,
                                             std::function<void(std::string)> raw_received) {
    using winrt::Microsoft::Windows::AppLifecycle::AppInstance;
    using winrt::Microsoft::Windows::AppLifecycle::ExtendedActivationKind;
    using winrt::Microsoft::Windows::AppNotifications::AppNotificationActivatedEventArgs;
    using winrt::Microsoft::Windows::AppNotifications::AppNotificationManager;
    using winrt::Microsoft::Windows::PushNotifications::PushNotificationManager;
    using winrt::Microsoft::Windows::PushNotifications::PushNotificationReceivedEventArgs;
    PushActivation activation;
    if (!AppNotificationManager::IsSupported()) {
        return activation;  // elevated: Register would fail
    }
    AppNotificationManager::Default().NotificationInvoked(
        [clicked = std::move(clicked)](const auto&, const auto& e) { clicked(detail::click_of(e)); });
    AppNotificationManager::Default().Register();
    if (PushNotificationManager::IsSupported()) {
        PushNotificationManager::Default().PushReceived(
            [raw_received = std::move(raw_received)](const auto&, const auto& e) {
                raw_received(detail::text_of(e.Payload()));
            });
        PushNotificationManager::Default().Register();
    }
    const auto started = AppInstance::GetCurrent().GetActivatedEventArgs();
    if (started.Kind() == ExtendedActivationKind::AppNotification) {
        activation.click = detail::click_of(started.Data().as<AppNotificationActivatedEventArgs>());
    } else if (started.Kind() == ExtendedActivationKind::Push) {
        const auto push = started.Data().as<PushNotificationReceivedEventArgs>();
        const auto deferral = push.GetDeferral();
        activation.raw = detail::text_of(push.Payload());
        activation.complete = [deferral] { deferral.Complete(); };
    }
    return activation;
}

// Call it before the game ends.
inline void unregister_notifications() {
    using winrt::Microsoft::Windows::AppNotifications::AppNotificationManager;
    using winrt::Microsoft::Windows::PushNotifications::PushNotificationManager;
    if (!AppNotificationManager::IsSupported()) {
        return;
    }
    if (PushNotificationManager::IsSupported()) {
        PushNotificationManager::Default().Unregister();
    }
    AppNotificationManager::Default().Unregister();
}

// The settings that a game with the Windows App SDK can read.
class WindowsAppSdkSettings : public WindowsSettings {
public:
    NotificationsAre notifications() override {
        using winrt::Microsoft::Windows::AppNotifications::AppNotificationSetting;
        switch (winrt::Microsoft::Windows::AppNotifications::AppNotificationManager::Default().Setting()) {
            case AppNotificationSetting::Enabled: return NotificationsAre::enabled;
            case AppNotificationSetting::DisabledForApplication: return NotificationsAre::off_for_game;
            case AppNotificationSetting::DisabledForUser: return NotificationsAre::off_for_windows_user;
            case AppNotificationSetting::DisabledByGroupPolicy: return NotificationsAre::off_by_policy;
            case AppNotificationSetting::DisabledByManifest: return NotificationsAre::off_by_manifest;
            default: return NotificationsAre::unknown;
        }
    }

    BatterySaver battery_saver() override {
        using winrt::Microsoft::Windows::System::Power::EnergySaverStatus;
        switch (winrt::Microsoft::Windows::System::Power::PowerManager::EnergySaverStatus()) {
            case EnergySaverStatus::On: return BatterySaver::on;
            case EnergySaverStatus::Off: return BatterySaver::off;
            default: return BatterySaver::unavailable;
        }
    }
};

}  // namespace windows_push
