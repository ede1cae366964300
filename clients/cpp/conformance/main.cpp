// Drives the client for the conformance vectors: commands as lines of JSON in, one line of JSON out for each.
//
//     conformance API_URL APP DEVICE STORAGE_FILE NOW [interactions]

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "../curl_transport.hpp"
#include "../fake_channel_source.hpp"
#include "../windows_push.hpp"

namespace {

using namespace windows_push;
using detail::Json;

struct FakeClock : Clock {
    double now_s = 0;
    double elapsed_s = 0;

    double now() override { return now_s; }
    double elapsed() override { return elapsed_s; }
};

struct FakeSettings : WindowsSettings {
    bool is_on = false;

    NotificationsAre notifications() override { return NotificationsAre::enabled; }
    BatterySaver battery_saver() override { return is_on ? BatterySaver::on : BatterySaver::off; }
};

// Ends the process, as a crash does, at a given write.
struct CrashingStorage : Storage {
    FileStorage inner;
    int writes_left = 0;  // 1: the next write crashes

    explicit CrashingStorage(const char* path) : inner(path) {}

    std::string read() override { return inner.read(); }

    void write(const std::string& text) override {
        if (writes_left > 0 && --writes_left == 0) {
            std::_Exit(3);
        }
        inner.write(text);
    }
};

PushAvailability availability(const std::string& name) {
    static const std::map<std::string, PushAvailability> names = {
        {"Available", PushAvailability::available},
        {"NotSupported", PushAvailability::not_supported},
        {"Elevated", PushAvailability::elevated},
        {"SelfContained", PushAvailability::self_contained},
    };
    return names.at(name);
}

InteractionKind interaction_kind(const std::string& name) {
    static const std::map<std::string, InteractionKind> names = {
        {"shown", InteractionKind::shown},
        {"opened", InteractionKind::opened},
        {"dismissed", InteractionKind::dismissed},
        {"action", InteractionKind::action},
    };
    return names.at(name);
}

Json events(PushClient& client) {
    static const char* const kinds[] = {
        "registered",       "removed",          "player_token_needed", "topics_refused",       "request_refused",
        "push_unavailable", "channel_unavailable", "backend_unavailable", "interactions_dropped", "storage_failed",
    };
    Json events = Json::array();
    for (const PushEvent& each : client.take_events()) {
        Json one = Json::object();
        one.set("kind", kinds[static_cast<int>(each.kind)]);
        if (!each.code.empty()) {
            one.set("code", each.code);
        }
        if (!each.topics.empty()) {
            Json topics = Json::array();
            for (const std::string& topic : each.topics) {
                topics.add(topic);
            }
            one.set("topics", topics);
        }
        events.add(one);
    }
    return events;
}

}  // namespace

int main(int, char** arguments) {
    const auto clock = std::make_shared<FakeClock>();
    clock->now_s = std::atof(arguments[5]);
    std::map<std::string, std::string> tokens;
    const auto storage = std::make_shared<CrashingStorage>(arguments[4]);
    const auto source = std::make_shared<FakeChannelSource>();
    FakeSettings settings;
    PushOptions options;
    options.api_url = arguments[1];
    options.app_id = arguments[2];
    options.device_id = arguments[3];
    options.app_version = "1.4.2";
    options.locale = "en-US";
    options.time_zone = "Europe/Berlin";
    options.sends_interactions = arguments[6] != nullptr;
    options.tokens = [&](const std::string& player, bool is_refused) {
        return tokens[is_refused ? player + " new" : player];
    };
    options.random = [] { return 0.5; };
    PushClient client(options, std::make_shared<CurlTransport>(), storage, clock, source);
    for (std::string line; std::getline(std::cin, line);) {
        const Json command = Json::parse(line);
        const auto text = [&](const char* name) { return command.get(name).text(); };
        const auto number = [&](const char* name) { return command.get(name).number(); };
        const std::string what = text("do");
        Json reply = Json::object();
        if (what == "begin") {
            client.begin();
        } else if (what == "channel") {
            source->set_uri(text("uri"));
        } else if (what == "revoke") {
            source->revoke();
        } else if (what == "availability") {
            source->set_availability(availability(text("is")));
        } else if (what == "token") {
            tokens[text("player")] = text("token");
            tokens[text("player") + " new"] = text("new");
        } else if (what == "sign_in") {
            client.sign_in(text("player"));
        } else if (what == "sign_out") {
            client.sign_out();
        } else if (what == "topics") {
            std::vector<std::string> topics;
            for (const Json& each : command.get("topics").items()) {
                topics.push_back(each.text());
            }
            client.set_topics(topics);
        } else if (what == "locale") {
            client.set_locale(text("locale"));
        } else if (what == "front") {
            client.set_in_front(number("is") != 0);
        } else if (what == "advance") {
            clock->now_s += number("seconds");
            clock->elapsed_s += number("seconds");
        } else if (what == "set_clock") {
            clock->now_s += number("seconds");
        } else if (what == "crash_on_write") {
            storage->writes_left = static_cast<int>(number("nth"));
        } else if (what == "report") {
            std::map<std::string, std::string> inputs;
            for (const auto& [name, value] : command.get("inputs").fields()) {
                inputs[name] = value.text();
            }
            client.report(text("notification"), interaction_kind(text("kind")), text("action"), inputs);
        } else if (what == "battery") {
            settings.is_on = number("is") != 0;
        } else if (what == "do_not_ask") {
            client.do_not_ask_about_battery_saver();
        } else if (what == "run") {
            const double wait = client.run_due();
            reply.set("next", std::isinf(wait) ? Json() : Json(wait));
            reply.set("events", events(client));
            reply.set("asks_about_battery", client.should_ask_about_battery_saver(settings));
            reply.set("shows_toasts", client.should_show_toast());
        } else {
            std::cerr << "unknown command: " << line << '\n';
            return 1;
        }
        std::cout << reply.write() << std::endl;
    }
    return 0;
}
