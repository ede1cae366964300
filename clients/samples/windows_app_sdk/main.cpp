// Desktop game in C++ with the Windows App SDK, identity Microsoft Entra: packaged or unpackaged (Steam).
// Compiled here against stubs of C++/WinRT; not run here. Unpackaged: set WindowsPackageType to None, which starts the
// bootstrapper of the Windows App SDK.

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "curl_transport.hpp"
#include "windows_app_sdk_channel_source.hpp"
#include "windows_push.hpp"

using namespace windows_push;

// Object id of the service principal: "Managed application in local directory", not the one under Essentials.
static const winrt::guid remote_id{"00000000-0000-0000-0000-000000000000"};

int main() {
    winrt::init_apartment();
    PushActivation activation = register_notifications(
        [](const NotificationClick& click) { std::cout << "clicked: " << click.arguments << '\n'; },
        [](const std::string& raw) { std::cout << "raw: " << raw.size() << " bytes\n"; });
    if (activation.raw) {
        activation.complete();
        return 0;  // started in the background
    }
    PushOptions options;
    options.api_url = "https://abc123.execute-api.eu-central-1.amazonaws.com";
    options.app_id = "space-duel";
    options.app_version = "1.4.2";
    options.locale = "en-US";
    options.tokens = [](const std::string&, bool) { return std::string(); };  // from your identity provider
    const std::filesystem::path folder = "SpaceDuel";  // in the player's local application data
    std::filesystem::create_directories(folder);
    PushClient push(options, std::make_shared<CurlTransport>(), std::make_shared<FileStorage>(folder / "push.json"),
                    std::make_shared<SystemClock>(), std::make_shared<WindowsAppSdkChannelSource>(remote_id));
    push.start();
    push.sign_in("player-42");
    push.set_in_front(true);
    // Once a frame:
    for (const PushEvent& each : push.take_events()) {
        std::cout << "push: " << static_cast<int>(each.kind) << ' ' << each.code << '\n';
    }
    push.set_in_front(false);
    push.stop(std::chrono::seconds(1));
    unregister_notifications();
    return 0;
}
