// The signatures of the UWP API that the kit, its samples and the guide use, from Microsoft's reference
// (learn.microsoft.com/uwp/api), so that they compile without Windows. They do nothing.

using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

#pragma warning disable 67 // an event that is never raised

namespace Windows.Foundation
{
    public delegate void TypedEventHandler<TSender, TResult>(TSender sender, TResult args);

    public interface IAsyncOperation<TResult>
    {
    }

    public interface IAsyncOperationWithProgress<TResult, TProgress>
    {
    }
}

namespace Windows.Foundation.Metadata
{
    public static class ApiInformation
    {
        public static bool IsEventPresent(string typeName, string eventName)
        {
            return true;
        }
    }
}

namespace System
{
    // System.WindowsRuntimeSystemExtensions, or the projection of .NET 5 and later.
    public static class AsyncOperationExtensions
    {
        public static TaskAwaiter<TResult> GetAwaiter<TResult>(this global::Windows.Foundation.IAsyncOperation<TResult> source)
        {
            throw new NotSupportedException();
        }

        public static TaskAwaiter<TResult> GetAwaiter<TResult, TProgress>(
            this global::Windows.Foundation.IAsyncOperationWithProgress<TResult, TProgress> source)
        {
            throw new NotSupportedException();
        }
    }
}

namespace Windows.Data.Xml.Dom
{
    public sealed class XmlDocument
    {
        public string GetXml()
        {
            return "";
        }
    }
}

namespace Windows.Foundation.Collections
{
    public sealed class ValueSet : Dictionary<string, object>
    {
    }
}

namespace Windows.UI.Notifications
{
    using Windows.Data.Xml.Dom;
    using Windows.Foundation.Collections;

    public enum NotificationSetting
    {
        Enabled,
        DisabledForApplication,
        DisabledForUser,
        DisabledByGroupPolicy,
        DisabledByManifest,
    }

    public sealed class ToastNotification
    {
        public XmlDocument Content { get; }
    }

    public sealed class ToastNotifier
    {
        public NotificationSetting Setting { get; }
    }

    public static class ToastNotificationManager
    {
        public static ToastNotifier CreateToastNotifier()
        {
            return null;
        }
    }

    public sealed class ToastNotificationActionTriggerDetail
    {
        public string Argument { get; }

        public ValueSet UserInput { get; }
    }
}

namespace Windows.Networking.PushNotifications
{
    using Windows.Foundation;
    using Windows.UI.Notifications;

    public enum PushNotificationType
    {
        Toast,
        Tile,
        Badge,
        Raw,
        TileFlyout,
    }

    public sealed class RawNotification
    {
        public string Content { get; }
    }

    public sealed class PushNotificationReceivedEventArgs
    {
        public bool Cancel { get; set; }

        public PushNotificationType NotificationType { get; }

        public RawNotification RawNotification { get; }

        public ToastNotification ToastNotification { get; }
    }

    public sealed class PushNotificationChannel
    {
        public event TypedEventHandler<PushNotificationChannel, PushNotificationReceivedEventArgs> PushNotificationReceived;

        public string Uri { get; }

        public DateTimeOffset ExpirationTime { get; }

        public void Close()
        {
        }
    }

    public sealed class PushNotificationChannelsRevokedEventArgs
    {
    }

    public static class PushNotificationChannelManager
    {
        public static event EventHandler<PushNotificationChannelsRevokedEventArgs> ChannelsRevoked;

        public static IAsyncOperation<PushNotificationChannel> CreatePushNotificationChannelForApplicationAsync()
        {
            return null;
        }
    }
}

namespace Windows.System
{
    using global::System;
    using Windows.Foundation;

    public static class Launcher
    {
        public static IAsyncOperation<bool> LaunchUriAsync(Uri uri)
        {
            return null;
        }
    }
}

namespace Windows.System.Power
{
    using global::System;

    public enum EnergySaverStatus
    {
        Disabled,
        Off,
        On,
    }

    public static class PowerManager
    {
        public static event EventHandler<object> EnergySaverStatusChanged;

        public static EnergySaverStatus EnergySaverStatus { get; }
    }
}

namespace Windows.Storage
{
    public sealed class StorageFolder
    {
        public string Path { get; }
    }

    public sealed class ApplicationData
    {
        public static ApplicationData Current { get; }

        public StorageFolder LocalFolder { get; }
    }
}

namespace Windows.ApplicationModel.Activation
{
    using Windows.ApplicationModel.Background;
    using Windows.Foundation.Collections;

    public interface IActivatedEventArgs
    {
    }

    public sealed class LaunchActivatedEventArgs : IActivatedEventArgs
    {
        public string Arguments { get; }
    }

    public sealed class ToastNotificationActivatedEventArgs : IActivatedEventArgs
    {
        public string Argument { get; }

        public ValueSet UserInput { get; }
    }

    public sealed class BackgroundActivatedEventArgs
    {
        public IBackgroundTaskInstance TaskInstance { get; }
    }
}

namespace Windows.ApplicationModel.Background
{
    using Windows.Foundation;

    public enum BackgroundAccessStatus
    {
        Unspecified,
        AlwaysAllowed,
        AllowedSubjectToSystemPolicy,
        DeniedBySystemPolicy,
        DeniedByUser,
    }

    public interface IBackgroundTrigger
    {
    }

    public interface IBackgroundTaskInstance
    {
        object TriggerDetails { get; }

        BackgroundTaskDeferral GetDeferral();
    }

    public interface IBackgroundTaskRegistration
    {
        string Name { get; }
    }

    public sealed class BackgroundTaskDeferral
    {
        public void Complete()
        {
        }
    }

    public sealed class PushNotificationTrigger : IBackgroundTrigger
    {
    }

    public sealed class ToastNotificationActionTrigger : IBackgroundTrigger
    {
    }

    public sealed class BackgroundTaskRegistration : IBackgroundTaskRegistration
    {
        public static IReadOnlyDictionary<Guid, IBackgroundTaskRegistration> AllTasks { get; }

        public string Name { get; }
    }

    public sealed class BackgroundTaskBuilder
    {
        public string Name { get; set; }

        public void SetTrigger(IBackgroundTrigger trigger)
        {
        }

        public BackgroundTaskRegistration Register()
        {
            return null;
        }
    }

    public static class BackgroundExecutionManager
    {
        public static IAsyncOperation<BackgroundAccessStatus> RequestAccessAsync()
        {
            return null;
        }
    }
}

namespace Windows.UI.Xaml
{
    using Windows.ApplicationModel.Activation;

    public class RoutedEventArgs
    {
    }

    public class FrameworkElement
    {
    }

    public class EnteredBackgroundEventArgs
    {
    }

    public class LeavingBackgroundEventArgs
    {
    }

    public class Application
    {
        public event EventHandler<object> Resuming;

        public event EventHandler<LeavingBackgroundEventArgs> LeavingBackground;

        public event EventHandler<EnteredBackgroundEventArgs> EnteredBackground;

        protected virtual void OnLaunched(LaunchActivatedEventArgs args)
        {
        }

        protected virtual void OnActivated(IActivatedEventArgs args)
        {
        }

        protected virtual void OnBackgroundActivated(BackgroundActivatedEventArgs args)
        {
        }
    }
}

namespace Windows.UI.Xaml.Controls
{
    using Windows.Foundation;

    public enum ContentDialogResult
    {
        None,
        Primary,
        Secondary,
    }

    public class CheckBox : FrameworkElement
    {
        public object Content { get; set; }

        public bool? IsChecked { get; set; }
    }

    public class ContentDialog : FrameworkElement
    {
        public object Title { get; set; }

        public object Content { get; set; }

        public string PrimaryButtonText { get; set; }

        public string SecondaryButtonText { get; set; }

        public IAsyncOperation<ContentDialogResult> ShowAsync()
        {
            return null;
        }
    }

    public class StackPanel : FrameworkElement
    {
        public IList<FrameworkElement> Children { get; }
    }

    public class TextBlock : FrameworkElement
    {
        public string Text { get; set; }

        public Windows.UI.Xaml.TextWrapping TextWrapping { get; set; }
    }
}

namespace Windows.UI.Xaml
{
    public enum TextWrapping
    {
        NoWrap = 1,
        Wrap,
        WrapWholeWords,
    }
}
