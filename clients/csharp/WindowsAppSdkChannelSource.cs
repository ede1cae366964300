// Channels of a desktop game with the Windows App SDK, packaged or not: identity Microsoft Entra.
//
// API: Microsoft.Windows.PushNotifications, Microsoft.Windows.AppNotifications, Microsoft.Windows.AppLifecycle (1.2 or later).

using System;
using System.Collections.Generic;
using System.Globalization;
using Microsoft.Windows.AppLifecycle;
using Microsoft.Windows.AppNotifications;
using Microsoft.Windows.PushNotifications;
using Microsoft.Windows.System.Power;

namespace WindowsPush
{
    public sealed class WindowsAppSdkChannelSource : IChannelSource
    {
        private const int NotSupported = unchecked((int)0x80070032);
        private const int InvalidArgument = unchecked((int)0x80070057);

        private readonly Guid _remoteId;

        // Kept: the caller has to keep a channel alive.
        private PushNotificationChannel _channel;

        /// <param name="remoteId">Object id of the service principal ("Managed application in local directory").</param>
        public WindowsAppSdkChannelSource(Guid remoteId)
        {
            _remoteId = remoteId;
        }

        /// <summary>Never raised: the Windows App SDK has no such event. A new channel is requested at each start.</summary>
        public event Action ChannelsRevoked
        {
            add { }
            remove { }
        }

        public PushAvailability Availability
        {
            get
            {
                if (!PushNotificationManager.IsSupported())
                {
                    return PushAvailability.SelfContained;
                }
                // False means elevated, and nothing else (WindowsAppSDK issue 4504).
                return AppNotificationManager.IsSupported() ? PushAvailability.Available : PushAvailability.Elevated;
            }
        }

        public async void RequestChannel(Action<ChannelResult> done)
        {
            ChannelResult result;
            try
            {
                // Retries by itself for up to 15 minutes.
                PushNotificationCreateChannelResult created = await PushNotificationManager.Default.CreateChannelAsync(_remoteId);
                if (created.Status == PushNotificationChannelStatus.CompletedSuccess)
                {
                    _channel = created.Channel;
                    result = ChannelResult.Opened(_channel.Uri.OriginalString); // ToString may unescape
                }
                else
                {
                    result = Failed(created.ExtendedError);
                }
            }
            catch (Exception error)
            {
                result = Failed(error);
            }
            done(result);
        }

        private static ChannelResult Failed(Exception error)
        {
            int code = error == null ? 0 : error.HResult;
            bool mayRetry = code != NotSupported && code != InvalidArgument;
            return ChannelResult.Failed("0x" + code.ToString("X8", CultureInfo.InvariantCulture), mayRetry);
        }
    }

    /// <summary>A click on a toast or on one of its buttons.</summary>
    public sealed class NotificationClick
    {
        /// <summary>The toast's launch or the button's arguments. Untrusted.</summary>
        public string Arguments = "";

        /// <summary>What the player typed or chose. Untrusted.</summary>
        public IDictionary<string, string> Inputs = new Dictionary<string, string>();
    }

    /// <summary>Why the game was started.</summary>
    public sealed class PushActivation
    {
        /// <summary>The click that started the game, or null.</summary>
        public NotificationClick Click;

        /// <summary>Windows started the game in the background for a raw notification: do little, then exit.</summary>
        public byte[] Raw;

        /// <summary>Tells Windows that Raw is handled.</summary>
        public Action Complete = () => { };
    }

    /// <summary>Connects a game with the notifications of the Windows App SDK, in the order that it demands.</summary>
    public static class WindowsAppSdkNotifications
    {
        /// <summary>Call it first thing in Main: handlers, then both Register calls, then the activation's arguments.</summary>
        /// <param name="clicked">A toast was clicked while the game runs. On any thread.</param>
        /// <param name="rawReceived">A raw notification arrived while the game runs. On any thread.</param>
        public static PushActivation Register(Action<NotificationClick> clicked, Action<byte[]> rawReceived)
        {
            var activation = new PushActivation();
            if (!AppNotificationManager.IsSupported())
            {
                return activation; // elevated: Register would fail
            }
            AppNotificationManager.Default.NotificationInvoked += (sender, e) => clicked(Click(e));
            AppNotificationManager.Default.Register();
            if (PushNotificationManager.IsSupported())
            {
                PushNotificationManager.Default.PushReceived += (sender, e) => rawReceived(e.Payload);
                PushNotificationManager.Default.Register();
            }
            AppActivationArguments started = AppInstance.GetCurrent().GetActivatedEventArgs();
            if (started.Kind == ExtendedActivationKind.AppNotification)
            {
                activation.Click = Click((AppNotificationActivatedEventArgs)started.Data);
            }
            else if (started.Kind == ExtendedActivationKind.Push)
            {
                var push = (PushNotificationReceivedEventArgs)started.Data;
                var deferral = push.GetDeferral();
                activation.Raw = push.Payload;
                activation.Complete = deferral.Complete;
            }
            return activation;
        }

        /// <summary>Call it before the game ends.</summary>
        public static void Unregister()
        {
            if (!AppNotificationManager.IsSupported())
            {
                return;
            }
            if (PushNotificationManager.IsSupported())
            {
                PushNotificationManager.Default.Unregister();
            }
            AppNotificationManager.Default.Unregister();
        }

        private static NotificationClick Click(AppNotificationActivatedEventArgs e)
        {
            return new NotificationClick { Arguments = e.Argument, Inputs = e.UserInput };
        }
    }

    /// <summary>The settings that a game with the Windows App SDK can read.</summary>
    public sealed class WindowsAppSdkSettings : IWindowsSettings
    {
        public NotificationsAre Notifications
        {
            get
            {
                switch (AppNotificationManager.Default.Setting)
                {
                    case AppNotificationSetting.Enabled: return NotificationsAre.Enabled;
                    case AppNotificationSetting.DisabledForApplication: return NotificationsAre.OffForGame;
                    case AppNotificationSetting.DisabledForUser: return NotificationsAre.OffForWindowsUser;
                    case AppNotificationSetting.DisabledByGroupPolicy: return NotificationsAre.OffByPolicy;
                    case AppNotificationSetting.DisabledByManifest: return NotificationsAre.OffByManifest;
                    default: return NotificationsAre.Unknown;
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
