// Desktop game with the Windows App SDK, identity Microsoft Entra: packaged, with external location, or unpackaged (Steam).
// Compiled here against stubs of the Windows App SDK; not run here.

using System;
using System.IO;
using WindowsPush;

namespace Game
{
    internal static class Program
    {
        // Object id of the service principal: "Managed application in local directory", not the one under Essentials.
        private static readonly Guid RemoteId = new Guid("00000000-0000-0000-0000-000000000000");

        [STAThread]
        private static void Main()
        {
            PushActivation activation = WindowsAppSdkNotifications.Register(
                click => Game.Open(click), raw => Game.HandleRaw(raw));
            if (activation.Raw != null)
            {
                Game.HandleRaw(activation.Raw);
                activation.Complete();
                return; // started in the background
            }
            string folder = Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "SpaceDuel");
            Directory.CreateDirectory(folder);
            var options = new PushOptions
            {
                ApiUrl = "https://abc123.execute-api.eu-central-1.amazonaws.com",
                AppId = "space-duel",
                AppVersion = "1.4.2",
                Locale = "en-US",
                Tokens = (player, isRefused) => Game.Token(player, isRefused),
            };
            var push = new PushClient(
                options,
                new HttpClientTransport(),
                new FileStorage(Path.Combine(folder, "push.json")),
                new SystemClock(),
                new WindowsAppSdkChannelSource(RemoteId));
            push.Start();
            if (activation.Click != null)
            {
                Game.Open(activation.Click);
            }
            Game.Run(push);
            push.SetInFront(false);
            push.Stop(TimeSpan.FromSeconds(1));
            WindowsAppSdkNotifications.Unregister();
        }
    }

    internal static class Game
    {
        /// <summary>The game's loop: SignIn, SignOut, SetInFront and, once a frame, TakeEvents.</summary>
        public static void Run(PushClient push)
        {
            push.SignIn("player-42");
            push.SetInFront(true);
            foreach (PushEvent each in push.TakeEvents())
            {
                Console.WriteLine(each);
            }
        }

        public static string Token(string player, bool isRefused)
        {
            return null; // from your identity provider
        }

        public static void Open(NotificationClick click)
        {
        }

        public static void HandleRaw(byte[] content)
        {
        }
    }
}
