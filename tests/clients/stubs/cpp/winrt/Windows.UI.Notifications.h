#pragma once
#include "Windows.Data.Xml.Dom.h"

namespace winrt::Windows::UI::Notifications {

enum class NotificationSetting {
    Enabled,
    DisabledForApplication,
    DisabledForUser,
    DisabledByGroupPolicy,
    DisabledByManifest,
};

struct ToastNotification : stub_object {
    using stub_object::stub_object;
    Data::Xml::Dom::XmlDocument Content() const { return nullptr; }
};

struct ToastNotifier {
    NotificationSetting Setting() const { return NotificationSetting::Enabled; }
};

struct ToastNotificationManager {
    static ToastNotifier CreateToastNotifier() { return {}; }
};

}  // namespace winrt::Windows::UI::Notifications
