#pragma once
#include "base.h"

namespace winrt::Windows::System::Power {

enum class EnergySaverStatus { Disabled, Off, On };

struct PowerManager {
    static Power::EnergySaverStatus EnergySaverStatus() { return Power::EnergySaverStatus::Off; }
};

}  // namespace winrt::Windows::System::Power
