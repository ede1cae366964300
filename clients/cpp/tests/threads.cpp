// The client's background thread: no call of the game waits for the network, and stop ends it.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "../fake_channel_source.hpp"
#include "../windows_push.hpp"

namespace {

using namespace windows_push;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto pause = 400ms;

void expect(bool is_true, const std::string& what) {
    if (!is_true) {
        std::cout << "failed: " << what << std::endl;
        std::_Exit(1);
    }
}

struct SlowTransport : Transport {
    std::atomic<int> begun = 0;
    std::atomic<int> count = 0;
    std::mutex mutex;
    std::string last;

    PushResponse send(const PushRequest& request) override {
        ++begun;
        std::this_thread::sleep_for(pause);
        const std::lock_guard<std::mutex> lock(mutex);
        last = request.method + " " + request.url;
        ++count;
        PushResponse response;
        response.status = request.method == "PUT" && request.url.find("presence") == std::string::npos ? 201 : 204;
        return response;
    }
};

struct MemoryStorage : Storage {
    std::mutex mutex;
    std::string text;

    std::string read() override { return text; }

    void write(const std::string& written) override {
        const std::lock_guard<std::mutex> lock(mutex);
        text = written;
    }
};

template <typename Condition>
bool within(std::chrono::seconds limit, Condition condition) {
    const auto until = SteadyClock::now() + limit;
    while (!condition()) {
        if (SteadyClock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

}  // namespace

int main() {
    const auto transport = std::make_shared<SlowTransport>();
    const auto storage = std::make_shared<MemoryStorage>();
    const auto source = std::make_shared<FakeChannelSource>();
    source->set_uri("https://cloud.notify.windows.com/?token=secret");
    PushOptions options;
    options.api_url = "http://api";
    options.app_id = "game";
    options.tokens = [](const std::string& player, bool) { return "token of " + player; };
    PushClient client(options, transport, storage, std::make_shared<SystemClock>(), source);

    SteadyClock::duration slowest{};
    const auto measure = [&](auto call) {
        const auto start = SteadyClock::now();
        call();
        slowest = std::max(slowest, SteadyClock::now() - start);
    };
    measure([&] { client.start(); });
    measure([&] { client.sign_in("anna"); });
    expect(within(5s, [&] { return transport->begun > 0; }), "a request is sent on the thread");
    for (int frame = 0; frame < 100; ++frame) {
        measure([&] { client.set_in_front(frame % 2 == 0); });
        measure([&] { client.set_topics({"topic-" + std::to_string(frame % 3)}); });
        measure([&] { client.report("id", InteractionKind::shown); });
        measure([&] { client.take_events(); });
    }
    expect(slowest < pause, "no call waits for the network");

    const auto is_registered = [&] {
        for (const PushEvent& each : client.take_events()) {
            if (each.kind == PushEventKind::registered) {
                return true;
            }
        }
        return false;
    };
    expect(within(10s, is_registered), "the thread registers");

    client.set_in_front(false);
    client.sign_out();
    client.stop(10s);
    {
        const std::lock_guard<std::mutex> lock(transport->mutex);
        expect(transport->last.rfind("DELETE", 0) == 0, "stop does what is due: " + transport->last);
    }
    expect(storage->text.find("secret") == std::string::npos && storage->text.find("token of") == std::string::npos,
           "no secret is stored: " + storage->text);
    const int count = transport->count;
    source->revoke();
    client.sign_in("anna");
    std::this_thread::sleep_for(100ms);
    expect(transport->count == count, "a stopped client sends nothing");

    {
        PushClient short_lived(options, transport, storage, std::make_shared<SystemClock>(), source);
        short_lived.start();
        short_lived.sign_in("bert");
        expect(within(5s, [&] { return transport->begun > count; }), "a request is in flight");
    }
    expect(within(5s, [&] { return transport->count > count; }), "a request in flight outlasts its client");
    std::this_thread::sleep_for(100ms);
    std::cout << "ok" << std::endl;
    return 0;
}
