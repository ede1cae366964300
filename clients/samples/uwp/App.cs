// UWP game, identity Package SID. Parts of App.xaml.cs; the manifest is beside this file.
// Compiled here against stubs of the UWP API; not run here.

using System;
using System.Collections.Generic;
using System.IO;
using Windows.ApplicationModel.Activation;
using Windows.Storage;
using Windows.UI.Xaml;
using WindowsPush;

namespace Game
{
    public sealed class App : Application
    {
        private readonly UwpChannelSource _source = new UwpChannelSource();
        private readonly UwpWindowsSettings _settings = new UwpWindowsSettings();
        private readonly PushClient _push;

        public App()
        {
            var options = new PushOptions
            {
                ApiUrl = "https://abc123.execute-api.eu-central-1.amazonaws.com",
                AppId = "space-duel",
                AppVersion = "1.4.2",
                Locale = "en-US",
                Tokens = (player, isRefused) => Account.Token(player, isRefused),
            };
            var storage = new FileStorage(Path.Combine(ApplicationData.Current.LocalFolder.Path, "push.json"));
            _push = new PushClient(options, new HttpClientTransport(), storage, new SystemClock(), _source);
            _source.ShouldShowToast = _push.ShouldShowToast;
            _source.ToastReceived = xml => Hud.Show(xml); // in the game's own style
            EnteredBackground += (sender, e) => _push.SetInFront(false);
            LeavingBackground += (sender, e) => _push.SetInFront(true);
        }

        /// <summary>Call it once a player is signed in.</summary>
        public void OnSignedIn(string player)
        {
            _push.SignIn(player);
        }

        /// <summary>Call it before the player's token is discarded.</summary>
        public void OnSigningOut()
        {
            _push.SignOut();
        }

        /// <summary>Call it once a frame.</summary>
        public void OnFrame()
        {
            foreach (PushEvent each in _push.TakeEvents())
            {
                Hud.Log(each.ToString());
            }
        }

        /// <summary>Call it from the main menu.</summary>
        public async void OnMainMenu()
        {
            if (_push.ShouldAskAboutBatterySaver(_settings))
            {
                await BatterySaverDialog.Ask(_push);
            }
        }

        protected override void OnLaunched(LaunchActivatedEventArgs args)
        {
            _push.Start();
        }

        protected override void OnActivated(IActivatedEventArgs args)
        {
            _push.Start();
            if (args is ToastNotificationActivatedEventArgs toast)
            {
                Hud.Open(toast.Argument, toast.UserInput);
            }
        }
    }

    internal static class Account
    {
        public static string Token(string player, bool isRefused)
        {
            return null; // from your identity provider
        }
    }

    internal static class Hud
    {
        public static void Show(string toastXml)
        {
        }

        public static void Log(string text)
        {
        }

        public static void Open(string argument, IDictionary<string, object> inputs)
        {
        }
    }
}
