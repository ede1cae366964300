// Compiled here against stubs of Unreal; not run here.

#include "WindowsPushSubsystem.h"

#include "HttpModule.h"
#include "Interfaces/IHttpRequest.h"
#include "Interfaces/IHttpResponse.h"
#include "Misc/Paths.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <string>

#include "windows_app_sdk_channel_source.hpp"

namespace
{
    std::string ToUtf8(const FString& Text)
    {
        return std::string(TCHAR_TO_UTF8(*Text));
    }

    FString FromUtf8(const std::string& Text)
    {
        return FString(UTF8_TO_TCHAR(Text.c_str()));
    }

    // Sends requests with the engine's HTTP module. The client's thread waits, the game's thread does not.
    class FUnrealTransport : public windows_push::Transport
    {
    public:
        windows_push::PushResponse send(const windows_push::PushRequest& Request) override
        {
            const auto Promise = std::make_shared<std::promise<windows_push::PushResponse>>();
            std::future<windows_push::PushResponse> Future = Promise->get_future();
            const auto Http = FHttpModule::Get().CreateRequest();
            Http->SetVerb(FromUtf8(Request.method));
            Http->SetURL(FromUtf8(Request.url));
            Http->SetHeader(TEXT("Authorization"), FromUtf8("Bearer " + Request.token));
            if (!Request.body.empty())
            {
                Http->SetHeader(TEXT("Content-Type"), TEXT("application/json"));
                Http->SetContentAsString(FromUtf8(Request.body));
            }
            Http->SetTimeout(15.0f);
            Http->SetDelegateThreadPolicy(EHttpRequestDelegateThreadPolicy::CompleteOnHttpThread);
            Http->OnProcessRequestComplete().BindLambda(
                [Promise](FHttpRequestPtr, FHttpResponsePtr Response, bool bSucceeded)
                {
                    windows_push::PushResponse Result;
                    if (bSucceeded && Response.IsValid())
                    {
                        Result.status = Response->GetResponseCode();
                        Result.retry_after = ToUtf8(Response->GetHeader(TEXT("Retry-After")));
                        Result.body = ToUtf8(Response->GetContentAsString());
                    }
                    Promise->set_value(Result);
                });
            Http->ProcessRequest();
            if (Future.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
            {
                return {};
            }
            return Future.get();
        }
    };
}

void UWindowsPushSubsystem::Initialize(FSubsystemCollectionBase& Collection)
{
    Super::Initialize(Collection);
    windows_push::PushOptions Options;
    Options.api_url = "https://abc123.execute-api.eu-central-1.amazonaws.com";
    Options.app_id = "space-duel";
    Options.app_version = "1.4.2";
    Options.locale = "en-US";
    Options.tokens = [](const std::string&, bool) { return std::string(); };  // from your identity provider
    const winrt::guid RemoteId{"00000000-0000-0000-0000-000000000000"};  // object id of the service principal
    Client = std::make_unique<windows_push::PushClient>(
        Options,
        std::make_shared<FUnrealTransport>(),
        std::make_shared<windows_push::FileStorage>(std::filesystem::path(*FPaths::ProjectSavedDir()) / "push.json"),
        std::make_shared<windows_push::SystemClock>(),
        std::make_shared<windows_push::WindowsAppSdkChannelSource>(RemoteId));
    Client->start();
}

void UWindowsPushSubsystem::Deinitialize()
{
    Client->set_in_front(false);
    Client->stop(std::chrono::seconds(1));
    Client.reset();
    Super::Deinitialize();
}

void UWindowsPushSubsystem::SignIn(const FString& Player)
{
    Client->sign_in(ToUtf8(Player));
}

void UWindowsPushSubsystem::SignOut()
{
    Client->sign_out();
}

void UWindowsPushSubsystem::Poll()
{
    for (const windows_push::PushEvent& Event : Client->take_events())
    {
        UE_LOG(LogTemp, Log, TEXT("push: %d %s"), static_cast<int>(Event.kind), *FromUtf8(Event.code));
    }
}

void UWindowsPushSubsystem::SetInFront(bool bIsInFront)
{
    Client->set_in_front(bIsInFront);
}
