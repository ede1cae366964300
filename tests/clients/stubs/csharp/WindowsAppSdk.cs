// The signatures of the Windows App SDK that the kit, its samples and the guide use, from Microsoft's reference
// (learn.microsoft.com/windows/windows-app-sdk/api/winrt). They do nothing.

using System;
using System.Collections.Generic;
using Windows.ApplicationModel.Background;
using Windows.Foundation;

#pragma warning disable 67 // an event that is never raised

namespace Microsoft.Windows.AppLifecycle
{
    public enum ExtendedActivationKind
    {
        Launch = 0,
        Push = 5000,
        AppNotification = 5001,
    }

    public sealed class AppActivationArguments
    {
        public ExtendedActivationKind Kind { get; }

        public object Data { get; }
    }

    public sealed class AppInstance
    {
        public static AppInstance GetCurrent()
        {
            return null;
        }

        public AppActivationArguments GetActivatedEventArgs()
        {
            return null;
        }
    }
}

namespace Microsoft.Windows.AppNotifications
{
    public enum AppNotificationSetting
    {
        Enabled,
        DisabledForApplication,
        DisabledForUser,
        DisabledByGroupPolicy,
        DisabledByManifest,
        Unsupported,
    }

    public sealed class AppNotificationActivatedEventArgs
    {
        public string Argument { get; }

        public IDictionary<string, string> UserInput { get; }
    }

    public sealed class AppNotificationManager
    {
        public event TypedEventHandler<AppNotificationManager, AppNotificationActivatedEventArgs> NotificationInvoked;

        public static AppNotificationManager Default { get; }

        public AppNotificationSetting Setting { get; }

        public static bool IsSupported()
        {
            return false;
        }

        public void Register()
        {
        }

        public void Unregister()
        {
        }
    }
}

namespace Microsoft.Windows.PushNotifications
{
    public enum PushNotificationChannelStatus
    {
        InProgress,
        InProgressRetry,
        CompletedSuccess,
        CompletedFailure,
    }

    public struct PushNotificationCreateChannelStatus
    {
    }

    public sealed class PushNotificationChannel
    {
        public Uri Uri { get; }

        public DateTimeOffset ExpirationTime { get; }

        public void Close()
        {
        }
    }

    public sealed class PushNotificationCreateChannelResult
    {
        public PushNotificationChannel Channel { get; }

        public Exception ExtendedError { get; }

        public PushNotificationChannelStatus Status { get; }
    }

    public sealed class PushNotificationReceivedEventArgs
    {
        public byte[] Payload { get; }

        public BackgroundTaskDeferral GetDeferral()
        {
            return null;
        }
    }

    public sealed class PushNotificationManager
    {
        public event TypedEventHandler<PushNotificationManager, PushNotificationReceivedEventArgs> PushReceived;

        public static PushNotificationManager Default { get; }

        public static bool IsSupported()
        {
            return false;
        }

        public void Register()
        {
        }

        public void Unregister()
        {
        }

        public IAsyncOperationWithProgress<PushNotificationCreateChannelResult, PushNotificationCreateChannelStatus>
            CreateChannelAsync(Guid remoteId)
        {
            return null;
        }
    }
}

namespace Microsoft.Windows.System.Power
{
    public enum EnergySaverStatus
    {
        Uninitialized,
        Disabled,
        Off,
        On,
    }

    public static class PowerManager
    {
        public static EnergySaverStatus EnergySaverStatus { get; }
    }
}
