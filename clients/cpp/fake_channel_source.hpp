// A source of channels for tests and for builds that do not run on Windows.

#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "windows_push.hpp"

namespace windows_push {

class FakeChannelSource : public ChannelSource {
public:
    // Sets the URI that the next requests return; empty: requests fail, as without a network.
    void set_uri(std::string uri) {
        const std::lock_guard<std::mutex> lock(mutex_);
        uri_ = std::move(uri);
    }

    void set_availability(PushAvailability availability) {
        const std::lock_guard<std::mutex> lock(mutex_);
        availability_ = availability;
    }

    // Revokes all channels, as Windows does.
    void revoke() {
        std::function<void()> revoked;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            revoked = revoked_;
        }
        if (revoked) {
            revoked();
        }
    }

    PushAvailability availability() override {
        const std::lock_guard<std::mutex> lock(mutex_);
        return availability_;
    }

    void request_channel(std::function<void(ChannelResult)> done) override {
        std::string uri;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            uri = uri_;
        }
        done(uri.empty() ? ChannelResult::failed("no_network", true) : ChannelResult::opened(uri));
    }

    void on_channels_revoked(std::function<void()> revoked) override {
        const std::lock_guard<std::mutex> lock(mutex_);
        revoked_ = std::move(revoked);
    }

private:
    std::mutex mutex_;
    std::string uri_;
    PushAvailability availability_ = PushAvailability::available;
    std::function<void()> revoked_;
};

}  // namespace windows_push
