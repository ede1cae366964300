// Asks the player to exempt the game from battery saver, with "don't ask again".
// Compiled here against stubs of the UWP API; not run here. With WinUI 3, set XamlRoot and use Microsoft.UI.Xaml.Controls.

using System;
using System.Threading.Tasks;
using Windows.System;
using Windows.UI.Xaml;
using Windows.UI.Xaml.Controls;
using WindowsPush;

namespace Game
{
    public static class BatterySaverDialog
    {
        public static async Task Ask(PushClient push)
        {
            var doNotAsk = new CheckBox { Content = "Don't ask again" };
            var content = new StackPanel();
            content.Children.Add(new TextBlock
            {
                Text = "Battery saver is on, so challenges of your friends may not reach you. "
                    + "In the settings you can always allow this game.",
                TextWrapping = TextWrapping.WrapWholeWords,
            });
            content.Children.Add(doNotAsk);
            var dialog = new ContentDialog
            {
                Title = "Battery saver is on",
                Content = content,
                PrimaryButtonText = "Open battery saver settings",
                SecondaryButtonText = "Not now",
            };
            ContentDialogResult result = await dialog.ShowAsync();
            if (doNotAsk.IsChecked == true)
            {
                push.DoNotAskAboutBatterySaver();
            }
            if (result == ContentDialogResult.Primary)
            {
                await Launcher.LaunchUriAsync(new Uri(PushClient.BatterySaverSettings));
            }
        }
    }
}
