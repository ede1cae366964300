#pragma once
#include "base.h"

namespace winrt::Microsoft::Windows::System::Power {

enum class EnergySaverStatus { Uninitialized, Disabled, Off, On };

struct PowerManager {
    static Power::EnergySaverStatus EnergySaverStatus() { return Power::EnergySaverStatus::Off; }
};

}  // namespace winrt::Microsoft::Windows::System::Power
