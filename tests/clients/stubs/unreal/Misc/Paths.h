#pragma once

#include "CoreMinimal.h"

struct FPaths {
    static FString ProjectSavedDir() { return {}; }
};
