// Native plugin of a standalone Unity game: channels of the Windows App SDK behind two C functions.
// Compiled here against stubs of C++/WinRT; not run here. The game's launcher calls windows_push::register_notifications.

#include <string>

#include "windows_app_sdk_channel_source.hpp"

#if defined(_WIN32)
#define EXPORTED extern "C" __declspec(dllexport)
#else
#define EXPORTED extern "C"
#endif

using Done = void (*)(const char* uri, const char* reason, int may_retry);

// Object id of the service principal.
static windows_push::WindowsAppSdkChannelSource& source() {
    static windows_push::WindowsAppSdkChannelSource source{winrt::guid{"00000000-0000-0000-0000-000000000000"}};
    return source;
}

EXPORTED int windows_push_availability() {
    return static_cast<int>(source().availability());
}

// Calls `done` once, on any thread.
EXPORTED void windows_push_request_channel(Done done) {
    try {
        source().request_channel([done](const windows_push::ChannelResult& result) {
            done(result.uri.c_str(), result.reason.c_str(), result.may_retry ? 1 : 0);
        });
    } catch (const winrt::hresult_error&) {
        done("", "exception", 1);
    }
}
