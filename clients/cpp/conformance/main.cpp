// Drives the client for the conformance vectors: commands as lines of JSON in, one line of JSON out for each.
//
//     {"do": "open", "api_url": …, "app": …, "device": …, "storage": file, "now": epoch seconds}

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

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

// One run of the game, from its start: nothing but the storage knows of an earlier one.
class Session {
public:
    explicit Session(const Json& command)
        : storage_(std::make_shared<CrashingStorage>(command.get("storage").text().c_str())),
          client_(options(command), std::make_shared<CurlTransport>(), storage_, clock_, source_) {
        clock_->now_s = command.get("now").number();
    }

    Json run(const std::string& what, const Json& command) {
        const auto text = [&](const char* name) { return command.get(name).text(); };
        const auto number = [&](const char* name) { return command.get(name).number(); };
        Json reply = Json::object();
        if (what == "begin") {
            client_.begin();
        } else if (what == "channel") {
            source_->set_uri(text("uri"));
        } else if (what == "revoke") {
            source_->revoke();
        } else if (what == "availability") {
            source_->set_availability(availability(text("is")));
        } else if (what == "token") {
            tokens_[text("player")] = text("token");
            tokens_[text("player") + " new"] = text("new");
        } else if (what == "sign_in") {
            client_.sign_in(text("player"));
        } else if (what == "sign_out") {
            client_.sign_out();
        } else if (what == "topics") {
            std::vector<std::string> topics;
            for (const Json& each : command.get("topics").items()) {
                topics.push_back(each.text());
            }
            client_.set_topics(topics);
        } else if (what == "locale") {
            client_.set_locale(text("locale"));
        } else if (what == "front") {
            client_.set_in_front(number("is") != 0);
        } else if (what == "advance") {
            clock_->now_s += number("seconds");
            clock_->elapsed_s += number("seconds");
        } else if (what == "set_clock") {
            clock_->now_s += number("seconds");
        } else if (what == "crash_on_write") {
            storage_->writes_left = static_cast<int>(number("nth"));
        } else if (what == "report") {
            std::map<std::string, std::string> inputs;
            for (const auto& [name, value] : command.get("inputs").fields()) {
                inputs[name] = value.text();
            }
            const std::string notification = PushClient::notification_of(text("arguments"));
            client_.report(notification, interaction_kind(text("kind")), text("action"), inputs);
        } else if (what == "battery") {
            settings_.is_on = number("is") != 0;
        } else if (what == "do_not_ask") {
            client_.do_not_ask_about_battery_saver();
        } else if (what == "run") {
            const double wait = client_.run_due();
            reply.set("next", std::isinf(wait) ? Json() : Json(wait));
            reply.set("events", events(client_));
            reply.set("asks_about_battery", client_.should_ask_about_battery_saver(settings_));
            reply.set("shows_toasts", client_.should_show_toast());
        } else {
            throw std::invalid_argument("unknown command: " + what);
        }
        return reply;
    }

private:
    PushOptions options(const Json& command) {
        PushOptions options;
        options.api_url = command.get("api_url").text();
        options.app_id = command.get("app").text();
        options.device_id = command.get("device").text();
        options.app_version = "1.4.2";
        options.locale = "en-US";
        options.time_zone = "Europe/Berlin";
        options.tokens = [this](const std::string& player, bool is_refused) {
            return tokens_[is_refused ? player + " new" : player];
        };
        options.random = [] { return 0.5; };
        return options;
    }

    const std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
    const std::shared_ptr<FakeChannelSource> source_ = std::make_shared<FakeChannelSource>();
    const std::shared_ptr<CrashingStorage> storage_;
    std::map<std::string, std::string> tokens_;
    FakeSettings settings_;
    PushClient client_;
};

}  // namespace

int main() {
    std::unique_ptr<Session> session;
    for (std::string line; std::getline(std::cin, line);) {
        const Json command = Json::parse(line);
        const std::string what = command.get("do").text();
        Json reply = Json::object();
        if (what == "open") {
            session = std::make_unique<Session>(command);
        } else {
            reply = session->run(what, command);
        }
        std::cout << reply.write() << std::endl;
    }
    return 0;
}
