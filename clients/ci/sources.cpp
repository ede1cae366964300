// All headers in one translation unit, for .github/workflows/clients.yml.

#include "fake_channel_source.hpp"
#include "uwp_channel_source.hpp"
#include "windows_app_sdk_channel_source.hpp"
#include "windows_push.hpp"
