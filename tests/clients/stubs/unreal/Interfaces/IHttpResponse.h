#pragma once

#include "CoreMinimal.h"

struct IHttpResponse {
    int GetResponseCode() const { return 0; }
    FString GetHeader(const FString&) const { return {}; }
    FString GetContentAsString() const { return {}; }
};

using FHttpResponsePtr = TSharedPtr<IHttpResponse>;
