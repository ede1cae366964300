// Unreal Engine 5: a subsystem that lives as long as the game instance.
// Compiled here against stubs of Unreal; not run here.
//
// In the module's Build.cs:
//   PublicDependencyModuleNames.AddRange(new string[] { "Core", "CoreUObject", "Engine", "HTTP" });
//   bEnableExceptions = true;
//   PublicIncludePaths.Add(Path.Combine(ModuleDirectory, "ThirdParty/windows_push"));  // clients/cpp

#pragma once

#include "CoreMinimal.h"
#include "Subsystems/GameInstanceSubsystem.h"

#include <memory>

#include "windows_push.hpp"

#include "WindowsPushSubsystem.generated.h"

UCLASS()
class UWindowsPushSubsystem : public UGameInstanceSubsystem
{
    GENERATED_BODY()

public:
    virtual void Initialize(FSubsystemCollectionBase& Collection) override;
    virtual void Deinitialize() override;

    // Signs a player in; call it again with each new token.
    void SignIn(const FString& Player);

    // Call it before the player's token is discarded.
    void SignOut();

    // Call it once a frame, or from a timer.
    void Poll();

    void SetInFront(bool bIsInFront);

private:
    std::unique_ptr<windows_push::PushClient> Client;
};
