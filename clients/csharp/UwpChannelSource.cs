// Channels of a UWP game, or of a packaged game that uses the UWP API: identity Package SID.
//
// API: Windows.Networking.PushNotifications, Windows.UI.Notifications, Windows.System.Power.

using System;
using System.Globalization;
using Windows.Foundation.Metadata;
using Windows.Networking.PushNotifications;
using Windows.System.Power;
using Windows.UI.Notifications;

namespace WindowsPush
{
    public sealed class UwpChannelSource : IChannelSource
    {
        private const string Manager = "Windows.Networking.PushNotifications.PushNotificationChannelManager";

        // Kept, because notifications reach the game through this object.
        private PushNotificationChannel _channel;

        public UwpChannelSource()
        {
            // Windows 10, version 2004 and later.
            if (ApiInformation.IsEventPresent(Manager, "ChannelsRevoked"))
            {
                PushNotificationChannelManager.ChannelsRevoked += OnRevoked;
            }
        }

        public event Action ChannelsRevoked;

        /// <summary>Decides whether Windows shows a toast that arrives while the game runs: PushClient.ShouldShowToast.</summary>
        public Func<bool> ShouldShowToast { get; set; }

        /// <summary>Receives the XML of a toast that Windows does not show. On any thread.</summary>
        public Action<string> ToastReceived { get; set; }

        /// <summary>Receives the content of a raw notification. On any thread.</summary>
        public Action<string> RawReceived { get; set; }

        public PushAvailability Availability
        {
            get { return PushAvailability.Available; }
        }

        public async void RequestChannel(Action<ChannelResult> done)
        {
            ChannelResult result;
            try
            {
                PushNotificationChannel channel =
                    await PushNotificationChannelManager.CreatePushNotificationChannelForApplicationAsync();
                if (_channel != null)
                {
                    _channel.PushNotificationReceived -= OnReceived;
                }
                _channel = channel;
                channel.PushNotificationReceived += OnReceived; // before it is registered, or the first one is missed
                result = ChannelResult.Opened(channel.Uri);
            }
            catch (Exception error)
            {
                // Most often there is no network.
                result = ChannelResult.Failed("0x" + error.HResult.ToString("X8", CultureInfo.InvariantCulture), true);
            }
            done(result);
        }

        private void OnRevoked(object sender, PushNotificationChannelsRevokedEventArgs e)
        {
            ChannelsRevoked?.Invoke();
        }

        private void OnReceived(PushNotificationChannel sender, PushNotificationReceivedEventArgs e)
        {
            if (e.NotificationType == PushNotificationType.Toast && ShouldShowToast != null && !ShouldShowToast())
            {
                e.Cancel = true;
                ToastReceived?.Invoke(e.ToastNotification.Content.GetXml());
            }
            else if (e.NotificationType == PushNotificationType.Raw)
            {
                e.Cancel = true; // else a background task, if there is one, handles it too
                RawReceived?.Invoke(e.RawNotification.Content);
            }
        }
    }

    /// <summary>The settings that a UWP game can read.</summary>
    public sealed class UwpWindowsSettings : IWindowsSettings
    {
        public NotificationsAre Notifications
        {
            get
            {
                try
                {
                    switch (ToastNotificationManager.CreateToastNotifier().Setting)
                    {
                        case NotificationSetting.Enabled: return NotificationsAre.Enabled;
                        case NotificationSetting.DisabledForApplication: return NotificationsAre.OffForGame;
                        case NotificationSetting.DisabledForUser: return NotificationsAre.OffForWindowsUser;
                        case NotificationSetting.DisabledByGroupPolicy: return NotificationsAre.OffByPolicy;
                        case NotificationSetting.DisabledByManifest: return NotificationsAre.OffByManifest;
                        default: return NotificationsAre.Unknown;
                    }
                }
                catch (Exception)
                {
                    return NotificationsAre.Unknown; // the notification platform does not run
                }
            }
        }

        public BatterySaver BatterySaver
        {
            get
            {
                switch (PowerManager.EnergySaverStatus)
                {
                    case EnergySaverStatus.On: return BatterySaver.On;
                    case EnergySaverStatus.Off: return BatterySaver.Off;
                    default: return BatterySaver.Unavailable;
                }
            }
        }
    }
}
