#pragma once
#include "base.h"

namespace winrt::Windows::ApplicationModel::Background {

struct BackgroundTaskDeferral : stub_object {
    using stub_object::stub_object;
    void Complete() const {}
};

}  // namespace winrt::Windows::ApplicationModel::Background
