#pragma once

struct FSubsystemCollectionBase {};

class UGameInstanceSubsystem {
public:
    virtual ~UGameInstanceSubsystem() = default;
    virtual void Initialize(FSubsystemCollectionBase&) {}
    virtual void Deinitialize() {}

protected:
    using Super = UGameInstanceSubsystem;
};
