#pragma once

#include <functional>

#include "Interfaces/IHttpResponse.h"

enum class EHttpRequestDelegateThreadPolicy { CompleteOnGameThread, CompleteOnHttpThread };

struct IHttpRequest;
using FHttpRequestPtr = TSharedPtr<IHttpRequest>;

struct FHttpRequestCompleteDelegate {
    void BindLambda(std::function<void(FHttpRequestPtr, FHttpResponsePtr, bool)>) {}
};

struct IHttpRequest {
    FHttpRequestCompleteDelegate complete;

    void SetVerb(const FString&) {}
    void SetURL(const FString&) {}
    void SetHeader(const FString&, const FString&) {}
    void SetContentAsString(const FString&) {}
    void SetTimeout(float) {}
    void SetDelegateThreadPolicy(EHttpRequestDelegateThreadPolicy) {}
    FHttpRequestCompleteDelegate& OnProcessRequestComplete() { return complete; }
    bool ProcessRequest() { return false; }
};
