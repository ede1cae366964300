#pragma once

#include "Interfaces/IHttpRequest.h"

struct FHttpModule {
    static FHttpModule& Get() {
        static FHttpModule module;
        return module;
    }
    FHttpRequestPtr CreateRequest() { return {}; }
};
