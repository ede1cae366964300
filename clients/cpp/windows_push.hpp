// Push notifications for a Windows game: the client of the backend's player routes.
//
// One header, C++17, only the standard library. HTTP, storage and Windows are handed in: see curl_transport.hpp and the
// channel sources. The same design as clients/csharp/WindowsPush.cs, and the same requests.
// The client contains no logging. A channel URI or a token is never stored, and is in no event. All texts are UTF-8.

#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace windows_push {

// Returns a random number from 0 up to 1.
inline double random_number() {
    static thread_local std::mt19937_64 generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

// The settings of a client; they do not change while it runs.
struct PushOptions {
    std::string api_url;      // of the API, without a slash at the end
    std::string app_id;       // as the operator registered the app
    std::string device_id;    // 1 to 64 of A-Z a-z 0-9 . _ : -, the same at each start; empty: one is created and stored
    std::string app_version;  // a new one is registered at once
    std::string locale;       // the language that the player reads in the game, such as "de-DE"
    std::string time_zone;    // IANA name, such as "Europe/Berlin"
    bool reports_presence = true;

    // Returns a token of `player`, or "" if nobody is signed in as that player. `is_refused`: the last token was refused,
    // return a new one. Called on the client's thread; may block and throw.
    std::function<std::string(const std::string& player, bool is_refused)> tokens;

    std::function<double()> random = random_number;  // for the jitter of pauses
};

struct PushRequest {
    std::string method;
    std::string url;
    std::string token;
    std::string body;  // JSON, or empty
};

struct PushResponse {
    int status = 0;  // 0: there was no response
    std::string retry_after;
    std::string body;
};

// Sends requests. Called on the client's thread; may block, with a time-out. Must not follow redirects.
struct Transport {
    virtual ~Transport() = default;
    virtual PushResponse send(const PushRequest& request) = 0;
};

// Keeps one text across restarts. Each call may throw; the game is told.
struct Storage {
    virtual ~Storage() = default;
    virtual std::string read() = 0;  // what was written last, or ""
    virtual void write(const std::string& text) = 0;  // in one piece: after a crash it is the earlier or the later text
};

struct Clock {
    virtual ~Clock() = default;
    virtual double now() = 0;      // seconds since 1970; the player may change it
    virtual double elapsed() = 0;  // seconds since some moment; only grows
};

// Whether this build, as it was started, can receive pushes.
enum class PushAvailability {
    available,
    not_supported,   // by Windows or the Windows App SDK
    elevated,        // the game runs as administrator
    self_contained,  // and unpackaged: the Singleton package of the Windows App SDK is missing
};

// What came of a request for a channel.
struct ChannelResult {
    std::string uri;     // character for character as Windows returned it; empty: there is none
    std::string reason;  // why there is none: a code such as "0x880403E8"
    bool may_retry = false;

    static ChannelResult opened(std::string uri) { return {std::move(uri), "", false}; }
    static ChannelResult failed(std::string reason, bool may_retry) { return {"", std::move(reason), may_retry}; }
};

// Windows, as the source of channels. The callbacks may be called on any thread.
struct ChannelSource {
    virtual ~ChannelSource() = default;
    virtual PushAvailability availability() = 0;
    virtual void request_channel(std::function<void(ChannelResult)> done) = 0;
    virtual void on_channels_revoked(std::function<void()> revoked) = 0;
};

// Whether Windows shows the game's notifications, as AppNotificationSetting names it.
enum class NotificationsAre { enabled, off_for_game, off_for_windows_user, off_by_policy, off_by_manifest, unknown };

enum class BatterySaver {
    unavailable,  // there is no battery, or Windows cannot say
    off,
    on,
};

// Settings of Windows that decide whether a notification is seen.
struct WindowsSettings {
    virtual ~WindowsSettings() = default;
    virtual NotificationsAre notifications() = 0;
    virtual BatterySaver battery_saver() = 0;
};

enum class PushEventKind {
    registered,            // the channel is registered for the player who is signed in
    removed,               // a signed-out player's channel is removed
    player_token_needed,   // no token, or a new one was refused too: ask the player to sign in, then call sign_in
    topics_refused,        // the player may not join `topics`; the channel is registered without them
    request_refused,       // an error in the build or its settings; not retried until the next start
    push_unavailable,      // this build cannot receive pushes; `code` says why
    channel_unavailable,   // Windows gives no channel; `code` says why
    backend_unavailable,   // no response, or one that asks to wait; retried; told once until it succeeds
    interactions_dropped,  // refused, or more than 200 waited
    storage_failed,        // after a restart, the client may do some work once more
};

// Something that the game is told, once.
struct PushEvent {
    PushEventKind kind;
    std::string code;     // for programs: the error code of the API, a status such as "http_503", or a reason
    std::string message;  // for developers
    std::vector<std::string> topics;
};

// What a player did with a notification.
enum class InteractionKind { shown, opened, dismissed, action };

// Settings page where the player can exempt the game from battery saver.
inline constexpr const char* battery_saver_settings = "ms-settings:batterysaver-settings";

namespace detail {

// The JSON that the client needs, so that it needs no library.
class Json {
public:
    enum class Kind { null, boolean, number, text, items, fields };

    Json() = default;
    Json(bool value) : kind_(Kind::boolean), number_(value ? 1 : 0) {}
    Json(double value) : kind_(Kind::number), number_(value) {}
    Json(const char* value) : kind_(Kind::text), text_(value) {}
    Json(std::string value) : kind_(Kind::text), text_(std::move(value)) {}

    static Json object() { return Json(Kind::fields); }
    static Json array() { return Json(Kind::items); }

    // Parses a text; null for malformed JSON.
    static Json parse(const std::string& text) {
        std::size_t at = 0;
        Json value;
        return parse_value(text, at, 0, value) ? value : Json();
    }

    Kind kind() const { return kind_; }
    bool is_object() const { return kind_ == Kind::fields; }
    const std::vector<Json>& items() const { return items_; }
    const std::vector<std::pair<std::string, Json>>& fields() const { return fields_; }
    const std::string& text() const { return text_; }
    double number() const { return number_; }

    void add(Json value) { items_.push_back(std::move(value)); }

    void set(const std::string& name, Json value) {
        for (auto& [field, old] : fields_) {
            if (field == name) {
                old = std::move(value);
                return;
            }
        }
        fields_.emplace_back(name, std::move(value));
    }

    const Json& get(const std::string& name) const {
        static const Json none;
        for (const auto& [field, value] : fields_) {
            if (field == name) {
                return value;
            }
        }
        return none;
    }

    std::string write() const {
        std::string text;
        write_to(text);
        return text;
    }

private:
    static constexpr int deepest_level = 32;

    explicit Json(Kind kind) : kind_(kind) {}

    void write_to(std::string& to) const {
        switch (kind_) {
            case Kind::null: to += "null"; break;
            case Kind::boolean: to += number_ != 0 ? "true" : "false"; break;
            case Kind::number: write_number(number_, to); break;
            case Kind::text: write_string(text_, to); break;
            case Kind::items:
                to += '[';
                for (std::size_t i = 0; i < items_.size(); ++i) {
                    to += i == 0 ? "" : ",";
                    items_[i].write_to(to);
                }
                to += ']';
                break;
            case Kind::fields:
                to += '{';
                for (std::size_t i = 0; i < fields_.size(); ++i) {
                    to += i == 0 ? "" : ",";
                    write_string(fields_[i].first, to);
                    to += ':';
                    fields_[i].second.write_to(to);
                }
                to += '}';
                break;
        }
    }

    static void write_number(double value, std::string& to) {
        std::ostringstream stream;
        stream.imbue(std::locale::classic());
        stream.precision(15);
        stream << value;
        to += stream.str();
    }

    static void write_string(const std::string& value, std::string& to) {
        to += '"';
        for (const char each : value) {
            if (each == '"' || each == '\\') {
                to += '\\';
                to += each;
            } else if (static_cast<unsigned char>(each) < 0x20) {
                char escaped[8];
                std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(each));
                to += escaped;
            } else {
                to += each;
            }
        }
        to += '"';
    }

    static bool parse_value(const std::string& text, std::size_t& at, int level, Json& value) {
        skip(text, at);
        if (at >= text.size() || level > deepest_level) {
            return false;
        }
        switch (text[at]) {
            case '{': return parse_object(text, at, level, value);
            case '[': return parse_array(text, at, level, value);
            case '"': value = Json(std::string()); return parse_string(text, at, value.text_);
            case 't': value = Json(true); return word(text, at, "true");
            case 'f': value = Json(false); return word(text, at, "false");
            case 'n': value = Json(); return word(text, at, "null");
            default: return parse_number(text, at, value);
        }
    }

    static bool parse_object(const std::string& text, std::size_t& at, int level, Json& value) {
        value = object();
        ++at;
        skip(text, at);
        if (next(text, at, '}')) {
            return true;
        }
        do {
            skip(text, at);
            std::string name;
            Json field;
            if (at >= text.size() || text[at] != '"' || !parse_string(text, at, name)) {
                return false;
            }
            skip(text, at);
            if (!next(text, at, ':') || !parse_value(text, at, level + 1, field)) {
                return false;
            }
            value.set(name, std::move(field));
            skip(text, at);
        } while (next(text, at, ','));
        return next(text, at, '}');
    }

    static bool parse_array(const std::string& text, std::size_t& at, int level, Json& value) {
        value = array();
        ++at;
        skip(text, at);
        if (next(text, at, ']')) {
            return true;
        }
        do {
            Json item;
            if (!parse_value(text, at, level + 1, item)) {
                return false;
            }
            value.add(std::move(item));
            skip(text, at);
        } while (next(text, at, ','));
        return next(text, at, ']');
    }

    static bool parse_string(const std::string& text, std::size_t& at, std::string& value) {
        static const std::string escaped = "\"\\/bfnrt";
        static const std::string meant = "\"\\/\b\f\n\r\t";
        for (++at; at < text.size(); ++at) {
            const char each = text[at];
            if (each == '"') {
                ++at;
                return true;
            }
            if (each != '\\') {
                value += each;
                continue;
            }
            if (++at >= text.size()) {
                return false;
            }
            const std::size_t known = escaped.find(text[at]);
            unsigned code = 0;
            if (known != std::string::npos) {
                value += meant[known];
            } else if (text[at] == 'u' && hex(text, at + 1, code)) {
                at += 4;
                unsigned low = 0;
                const bool is_pair = code >= 0xD800 && code < 0xDC00 && text.compare(at + 1, 2, "\\u") == 0 &&
                                     hex(text, at + 3, low) && low >= 0xDC00 && low < 0xE000;
                if (is_pair) {
                    at += 6;
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                } else if (code >= 0xD800 && code < 0xE000) {
                    code = 0xFFFD;
                }
                append_utf8(code, value);
            } else {
                return false;
            }
        }
        return false;
    }

    static bool hex(const std::string& text, std::size_t at, unsigned& code) {
        if (at + 4 > text.size()) {
            return false;
        }
        code = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            const char each = text[i];
            if (each >= '0' && each <= '9') {
                code = code * 16 + static_cast<unsigned>(each - '0');
            } else if ((each | 0x20) >= 'a' && (each | 0x20) <= 'f') {
                code = code * 16 + static_cast<unsigned>((each | 0x20) - 'a' + 10);
            } else {
                return false;
            }
        }
        return true;
    }

    static void append_utf8(unsigned code, std::string& to) {
        const auto byte = [&to](unsigned value) { to += static_cast<char>(static_cast<unsigned char>(value)); };
        if (code < 0x80) {
            byte(code);
        } else if (code < 0x800) {
            byte(0xC0 | (code >> 6));
            byte(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            byte(0xE0 | (code >> 12));
            byte(0x80 | ((code >> 6) & 0x3F));
            byte(0x80 | (code & 0x3F));
        } else {
            byte(0xF0 | (code >> 18));
            byte(0x80 | ((code >> 12) & 0x3F));
            byte(0x80 | ((code >> 6) & 0x3F));
            byte(0x80 | (code & 0x3F));
        }
    }

    static bool parse_number(const std::string& text, std::size_t& at, Json& value) {
        const std::size_t from = at;
        while (at < text.size() && std::string("+-.eE0123456789").find(text[at]) != std::string::npos) {
            ++at;
        }
        std::istringstream stream(text.substr(from, at - from));
        stream.imbue(std::locale::classic());
        double number = 0;
        stream >> number;
        value = Json(number);
        return at > from && !stream.fail() && stream.peek() == std::istringstream::traits_type::eof();
    }

    static bool word(const std::string& text, std::size_t& at, const std::string& expected) {
        const bool is_word = text.compare(at, expected.size(), expected) == 0;
        at += expected.size();
        return is_word;
    }

    static bool next(const std::string& text, std::size_t& at, char expected) {
        if (at >= text.size() || text[at] != expected) {
            return false;
        }
        ++at;
        return true;
    }

    static void skip(const std::string& text, std::size_t& at) {
        while (at < text.size() && std::string(" \t\r\n").find(text[at]) != std::string::npos) {
            ++at;
        }
    }

    Kind kind_ = Kind::null;
    double number_ = 0;
    std::string text_;
    std::vector<Json> items_;
    std::vector<std::pair<std::string, Json>> fields_;
};

// Pauses between tries: 2 s, 4 s, … 5 min with jitter, and never before Retry-After.
class Retry {
public:
    bool is_due(double now, double& wait) const {
        if (now >= not_before_) {
            return true;
        }
        wait = std::min(wait, not_before_ - now);
        return false;
    }

    void succeeded() {
        failures_ = 0;
        not_before_ = 0;
    }

    void failed(double now, const std::string& retry_after, double random) {
        const double half = std::min(first_pause_s * std::pow(2.0, std::min(failures_, 20)), longest_pause_s) / 2;
        ++failures_;
        not_before_ = now + std::max(half, std::min(seconds(retry_after), longest_retry_after_s)) + half * random;
    }

private:
    static constexpr double first_pause_s = 2;
    static constexpr double longest_pause_s = 300;
    static constexpr double longest_retry_after_s = 24 * 3600;

    static double seconds(const std::string& text) {
        const bool is_number = !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
        return is_number ? std::atof(text.c_str()) : 0;
    }

    int failures_ = 0;
    double not_before_ = 0;
};

// What survives a restart. It holds no URI and no token.
struct State {
    std::string device_id;
    std::string owner;        // the player who may have a channel of this device
    std::string fingerprint;  // of what is registered for `owner`; empty: nothing that is known
    double registered_at = 0;
    std::vector<std::string> removals;
    std::vector<Json> queue;  // {"player": …, "interaction": …}
    bool is_battery_hint_off = false;

    // Parses a stored state; one that is damaged is as none.
    static State parse(const std::string& text) {
        const Json stored = Json::parse(text);
        State state;
        state.device_id = stored.get("device_id").text();
        state.owner = stored.get("owner").text();
        state.fingerprint = stored.get("fingerprint").text();
        state.registered_at = stored.get("registered_at").number();
        state.is_battery_hint_off = stored.get("battery_hint_off").number() > 0;
        for (const Json& each : stored.get("removals").items()) {
            if (!each.text().empty()) {
                state.removals.push_back(each.text());
            }
        }
        for (const Json& each : stored.get("queue").items()) {
            if (each.get("interaction").is_object() && !each.get("player").text().empty()) {
                state.queue.push_back(each);
            }
        }
        return state;
    }

    std::string write() const {
        Json stored = Json::object();
        stored.set("device_id", device_id);
        stored.set("owner", owner);
        stored.set("fingerprint", fingerprint);
        stored.set("registered_at", registered_at);
        Json players = Json::array();
        for (const std::string& each : removals) {
            players.add(each);
        }
        stored.set("removals", players);
        Json entries = Json::array();
        for (const Json& each : queue) {
            entries.add(each);
        }
        stored.set("queue", entries);
        stored.set("battery_hint_off", is_battery_hint_off ? 1.0 : 0.0);
        return stored.write();
    }
};

// The error in a response of the API: {"error": {"code", "message"}}.
struct ApiError {
    std::string code;
    std::string message;

    static ApiError parse(const PushResponse& response) {
        const Json body = Json::parse(response.body);
        const Json& error = body.get("error");
        if (error.is_object()) {
            return {error.get("code").text(), error.get("message").text()};
        }
        return {response.status == 0 ? "no_response" : "http_" + std::to_string(response.status), ""};
    }
};

class Client : public std::enable_shared_from_this<Client> {
public:
    Client(PushOptions options, std::shared_ptr<Transport> transport, std::shared_ptr<Storage> storage,
           std::shared_ptr<Clock> clock, std::shared_ptr<ChannelSource> source)
        : options_(std::move(options)),
          transport_(std::move(transport)),
          storage_(std::move(storage)),
          clock_(std::move(clock)),
          source_(std::move(source)),
          locale_(options_.locale) {
        if (!options_.tokens) {
            throw std::invalid_argument("options.tokens must return the players' tokens");
        }
    }

    void start() {
        begin();
        const std::lock_guard<std::mutex> lock(mutex_);
        if (is_working_ || is_stopping_) {
            return;
        }
        is_working_ = true;
        // The thread owns the client, so that a request in flight may outlast the game's own handle.
        std::thread([self = shared_from_this()] { self->work(); }).detach();
    }

    void stop(std::chrono::milliseconds at_most) {
        std::unique_lock<std::mutex> lock(mutex_);
        is_stopping_ = true;
        wake();
        changed_.wait_for(lock, at_most, [this] { return !is_working_; });
    }

    void begin() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (is_begun_) {
                return;
            }
            is_begun_ = true;
            wants_channel_ = true;
        }
        source_->on_channels_revoked([weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->on_revoked();
            }
        });
    }

    void sign_in(const std::string& player) {
        run_later([this, player] {
            if (player_ != player) {
                registration_retry_.succeeded();
                reported_.reset();
            }
            player_ = player;
            needs_token_ = false;
            needs_token_to_remove_ = false;
            refused_registration_.clear();
            refused_topics_.clear();
            told_.erase(key(PushEventKind::player_token_needed));
            forget_removal(player);
            if (state_.owner != player) {
                owe_removal(state_.owner);
            }
        });
    }

    void sign_out() {
        run_later([this] {
            owe_removal(player_.empty() ? state_.owner : player_);
            player_.clear();
            reported_.reset();
        });
    }

    void set_topics(std::vector<std::string> topics) {
        std::sort(topics.begin(), topics.end());
        topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
        run_later([this, topics = std::move(topics)] {
            topics_ = topics;
            refused_topics_.clear();
        });
    }

    void set_locale(const std::string& locale) {
        run_later([this, locale] { locale_ = locale; });
    }

    void set_in_front(bool is_in_front) {
        const std::lock_guard<std::mutex> lock(mutex_);
        is_in_front_ = is_in_front;
        wake();
    }

    bool should_show_toast() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return !is_in_front_;
    }

    bool should_ask_about_battery_saver(WindowsSettings& settings) {
        const bool is_on = settings.battery_saver() == BatterySaver::on;
        const std::lock_guard<std::mutex> lock(mutex_);
        return is_on && is_loaded_ && !state_.is_battery_hint_off;
    }

    void do_not_ask_about_battery_saver() {
        run_later([this] { state_.is_battery_hint_off = true; });
    }

    void report(const std::string& notification, InteractionKind kind, const std::string& action,
                const std::map<std::string, std::string>& inputs) {
        if (notification.empty()) {
            return;
        }
        static const char* const kinds[] = {"shown", "opened", "dismissed", "action"};
        Json interaction = Json::object();
        interaction.set("notification", notification);
        interaction.set("kind", kinds[static_cast<int>(kind)]);
        interaction.set("at", std::floor(clock_->now()));
        if (!action.empty()) {
            interaction.set("action", action);
        }
        if (!inputs.empty()) {
            Json copied = Json::object();
            for (const auto& [name, value] : inputs) {
                copied.set(name, value);
            }
            interaction.set("inputs", copied);
        }
        run_later([this, interaction] { enqueue(player_.empty() ? state_.owner : player_, interaction); });
    }

    std::vector<PushEvent> take_events() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return std::exchange(events_, {});
    }

    double run_due() {
        for (;;) {
            Step step = nullptr;
            double wait = 0;
            {
                const std::lock_guard<std::mutex> lock(mutex_);
                step = next_step(wait);
            }
            if (step == nullptr) {
                return wait;
            }
            (this->*step)();
        }
    }

private:
    using Step = void (Client::*)();
    using Lock = std::lock_guard<std::mutex>;

    // Windows gives a channel for 30 days; half of it leaves two weeks in which a renewal may fail.
    static constexpr double renew_after_s = 15 * 24 * 3600;
    static constexpr double request_again_after_s = 24 * 3600;
    // The backend forgets a player's presence after 300 s.
    static constexpr double heartbeat_s = 240;
    static constexpr double presence_life_s = 300;
    static constexpr std::size_t interactions_kept = 200;
    static constexpr std::size_t interactions_per_request = 25;

    // The first step that is due, in this order: channel, removals, registration, presence, interactions.
    // A removal comes before a registration, so that a former player's notifications stop first.
    Step next_step(double& wait) {
        const double now = clock_->elapsed();
        wait = std::numeric_limits<double>::infinity();
        if (!is_begun_) {
            return nullptr;
        }
        if (!is_loaded_) {
            return &Client::load;
        }
        while (!commands_.empty()) {
            const auto command = std::move(commands_.front());
            commands_.pop_front();
            command();
            is_changed_ = true;
        }
        if (is_changed_) {
            return &Client::save;
        }
        // A game that runs for weeks asks Windows again before it renews.
        if (is_renewal_due() && !channel_uri_.empty() && now - channel_at_ > request_again_after_s) {
            wants_channel_ = true;
        }
        if (wants_channel_ && !is_requesting_ && channel_retry_.is_due(now, wait)) {
            return &Client::request_channel;
        }
        if (!state_.removals.empty() && !needs_token_to_remove_ && removal_retry_.is_due(now, wait)) {
            return &Client::remove;
        }
        if (needs_registration(wait) && registration_retry_.is_due(now, wait)) {
            return &Client::register_channel;
        }
        if (needs_presence(now, wait) && presence_retry_.is_due(now, wait)) {
            return &Client::report_presence;
        }
        if (!next_interactions().empty() && interactions_retry_.is_due(now, wait)) {
            return &Client::send_interactions;
        }
        return nullptr;
    }

    void run_later(std::function<void()> command) {
        const Lock lock(mutex_);
        commands_.push_back(std::move(command));
        wake();
    }

    void enqueue(const std::string& player, Json interaction) {
        if (player.empty()) {
            return;
        }
        interaction.set("device_id", state_.device_id);
        Json entry = Json::object();
        entry.set("player", player);
        entry.set("interaction", std::move(interaction));
        state_.queue.push_back(std::move(entry));
        if (state_.queue.size() > interactions_kept) {
            state_.queue.erase(state_.queue.begin());
            tell(PushEventKind::interactions_dropped, "too_many", "more than 200 interactions wait to be sent");
        }
    }

    void load() {
        State state;
        std::string failure;
        try {
            state = State::parse(storage_->read());
        } catch (const std::exception& error) {
            failure = error.what();
        }
        const Lock lock(mutex_);
        is_loaded_ = true;
        state_ = std::move(state);
        if (!failure.empty()) {
            tell(PushEventKind::storage_failed, "read", failure);
        }
        if (!options_.device_id.empty()) {
            state_.device_id = options_.device_id;
        } else if (state_.device_id.empty()) {
            state_.device_id = new_device_id();
            is_changed_ = true;
        }
    }

    static std::string new_device_id() {
        std::random_device random;
        std::string id;
        for (int i = 0; i < 4; ++i) {
            char part[9];
            std::snprintf(part, sizeof part, "%08x", static_cast<unsigned>(random()));
            id += part;
        }
        return id;
    }

    void save() {
        std::string text;
        {
            const Lock lock(mutex_);
            text = state_.write();
            is_changed_ = false;
        }
        if (text == saved_) {
            return;
        }
        try {
            storage_->write(text);
            saved_ = text;
        } catch (const std::exception& error) {
            const Lock lock(mutex_);
            tell(PushEventKind::storage_failed, "write", error.what());
        }
    }

    void request_channel() {
        PushAvailability availability = PushAvailability::not_supported;
        try {
            availability = source_->availability();
        } catch (const std::exception&) {
            // As not supported: parts of Windows that a build needs are missing.
        }
        {
            const Lock lock(mutex_);
            if (availability != PushAvailability::available) {
                static const char* const codes[] = {"Available", "NotSupported", "Elevated", "SelfContained"};
                wants_channel_ = false;
                tell(PushEventKind::push_unavailable, codes[static_cast<int>(availability)],
                     "this build cannot receive pushes");
                return;
            }
            is_requesting_ = true;
        }
        try {
            source_->request_channel([weak = weak_from_this()](ChannelResult result) {
                if (const auto self = weak.lock()) {
                    self->on_channel(std::move(result));
                }
            });
        } catch (const std::exception&) {
            on_channel(ChannelResult::failed("exception", true));
        }
    }

    void on_channel(ChannelResult result) {
        const Lock lock(mutex_);
        if (!is_requesting_) {
            return;
        }
        is_requesting_ = false;
        if (!result.uri.empty()) {
            wants_channel_ = false;
            channel_uri_ = std::move(result.uri);
            channel_at_ = clock_->elapsed();
            channel_retry_.succeeded();
            told_.erase(key(PushEventKind::channel_unavailable));
        } else {
            wants_channel_ = result.may_retry;
            channel_retry_.failed(clock_->elapsed(), "", options_.random());
            tell(PushEventKind::channel_unavailable, result.reason, "Windows gives no channel");
        }
        wake();
    }

    void on_revoked() {
        const Lock lock(mutex_);
        channel_uri_.clear();
        wants_channel_ = true;
        is_changed_ = true;
        wake();
    }

    void remove() {
        std::string player;
        {
            const Lock lock(mutex_);
            player = state_.removals.front();
        }
        const PushResponse response = call(player, "DELETE", channel_path(), "");
        const Lock lock(mutex_);
        if (response.status == 401) {
            // If somebody else is signed in, the channel moves to them instead.
            needs_token_to_remove_ = true;
            if (player_.empty()) {
                tell_token_needed();
            }
        } else if (is_transient(response)) {
            removal_retry_.failed(clock_->elapsed(), response.retry_after, options_.random());
            tell_unavailable(response);
        } else {
            removal_retry_.succeeded();
            forget_removal(player);
            if (state_.owner == player) {
                state_.owner.clear();
                state_.fingerprint.clear();
            }
            if (response.status < 300) {
                events_.push_back({PushEventKind::removed, "", "", {}});
            } else {
                tell_refused(response);
            }
            is_changed_ = true;
        }
    }

    bool needs_registration(double& wait) const {
        if (player_.empty() || channel_uri_.empty() || needs_token_) {
            return false;
        }
        const std::string wanted = fingerprint();
        if (refused_registration_ == wanted) {
            return false;
        }
        if (!is_registered() || state_.fingerprint != wanted) {
            return true;
        }
        if (is_renewal_due()) {
            return !wants_channel_;
        }
        wait = std::min(wait, state_.registered_at + renew_after_s - clock_->now());
        return false;
    }

    // Also after the clock was set back, which makes the stored time worthless.
    bool is_renewal_due() const {
        const double age = clock_->now() - state_.registered_at;
        return is_registered() && (age < 0 || age >= renew_after_s);
    }

    void register_channel() {
        std::string player;
        std::string registered;
        std::string body;
        {
            const Lock lock(mutex_);
            if (player_.empty() || channel_uri_.empty()) {
                return;
            }
            player = player_;
            if (state_.owner != player) {
                // Stored ahead of the call: after a crash, a change of player still finds the former one.
                state_.owner = player;
                state_.fingerprint.clear();
                is_changed_ = true;
                return;
            }
            registered = fingerprint();
            body = registration().write();
        }
        const PushResponse response = call(player, "PUT", channel_path(), body);
        const Lock lock(mutex_);
        if (response.status == 200 || response.status == 201) {
            registration_retry_.succeeded();
            told_.clear();
            state_.fingerprint = registered;
            state_.registered_at = std::floor(clock_->now());
            // What could not be removed for want of a token: the URI has moved to this player.
            if (needs_token_to_remove_) {
                auto& removals = state_.removals;
                removals.erase(std::remove_if(removals.begin(), removals.end(),
                                              [&](const std::string& each) { return each != player; }),
                               removals.end());
                needs_token_to_remove_ = false;
            }
            reported_.reset();
            is_presence_refused_ = false;
            is_changed_ = true;
            events_.push_back({PushEventKind::registered, "", "", {}});
        } else if (response.status == 401) {
            needs_token_ = true;
            tell_token_needed();
        } else if (is_transient(response) || response.status == 409) {
            registration_retry_.failed(clock_->elapsed(), response.retry_after, options_.random());
            tell_unavailable(response);
        } else if (response.status != 403 || !refuse_topics(response)) {
            refused_registration_ = registered;
            tell_refused(response);
        }
    }

    // The error names the topics that the player may not join: go on without them until the next start.
    bool refuse_topics(const PushResponse& response) {
        const std::string message = ApiError::parse(response).message;
        std::vector<std::string> refused;
        for (const std::string& topic : effective_topics()) {
            if (message.find("'" + topic + "'") != std::string::npos) {
                refused.push_back(topic);
            }
        }
        if (refused.empty()) {
            return false;
        }
        refused_topics_.insert(refused.begin(), refused.end());
        events_.push_back({PushEventKind::topics_refused, "forbidden", message, refused});
        return true;
    }

    bool needs_presence(double now, double& wait) const {
        if (!options_.reports_presence || player_.empty() || needs_token_ || is_presence_refused_ || !is_registered()) {
            return false;
        }
        if (!is_in_front_) {
            return reported_ == true && now - reported_at_ < presence_life_s;
        }
        if (reported_ != true || now - reported_at_ >= heartbeat_s) {
            return true;
        }
        wait = std::min(wait, heartbeat_s - (now - reported_at_));
        return false;
    }

    void report_presence() {
        std::string player;
        bool is_in_front = false;
        {
            const Lock lock(mutex_);
            player = player_;
            is_in_front = is_in_front_;
        }
        const std::string body = is_in_front ? R"({"in_game":true})" : R"({"in_game":false})";
        const PushResponse response = call(player, "PUT", channel_path() + "/presence", body);
        const Lock lock(mutex_);
        if (is_success(response)) {
            presence_retry_.succeeded();
            reported_ = is_in_front;
            reported_at_ = clock_->elapsed();
        } else if (response.status == 401) {
            needs_token_ = true;
            tell_token_needed();
        } else if (response.status == 404) {
            // The backend has no channel of this device any more: register again, then report.
            presence_retry_.failed(clock_->elapsed(), "", options_.random());
            state_.fingerprint.clear();
            is_changed_ = true;
        } else if (is_transient(response)) {
            presence_retry_.failed(clock_->elapsed(), response.retry_after, options_.random());
            tell_unavailable(response);
        } else {
            is_presence_refused_ = true;
            tell_refused(response);
        }
    }

    // Positions of the oldest interactions of the player who is signed in; those of others wait for their token.
    std::vector<std::size_t> next_interactions() const {
        std::vector<std::size_t> next;
        if (player_.empty() || needs_token_) {
            return next;
        }
        for (std::size_t i = 0; i < state_.queue.size() && next.size() < per_request_; ++i) {
            if (state_.queue[i].get("player").text() == player_) {
                next.push_back(i);
            }
        }
        return next;
    }

    void send_interactions() {
        std::string player;
        std::vector<std::string> sent;
        Json body = Json::object();
        {
            const Lock lock(mutex_);
            player = player_;
            Json interactions = Json::array();
            for (const std::size_t at : next_interactions()) {
                sent.push_back(state_.queue[at].write());
                interactions.add(state_.queue[at].get("interaction"));
            }
            body.set("interactions", interactions);
        }
        const PushResponse response = call(player, "POST", "/interactions", body.write());
        const Lock lock(mutex_);
        if (response.status == 401) {
            needs_token_ = true;
            tell_token_needed();
            return;
        }
        if (is_transient(response)) {
            interactions_retry_.failed(clock_->elapsed(), response.retry_after, options_.random());
            tell_unavailable(response);
            return;
        }
        interactions_retry_.succeeded();
        if (sent.size() > 1 && (response.status == 400 || response.status == 413 || response.status == 422)) {
            // One of them is refused: send them one by one, so that the others arrive.
            per_request_ = 1;
            return;
        }
        for (const std::string& each : sent) {
            auto& queue = state_.queue;
            const auto found =
                std::find_if(queue.begin(), queue.end(), [&](const Json& entry) { return entry.write() == each; });
            if (found != queue.end()) {
                queue.erase(found);
            }
        }
        if (!is_success(response)) {
            const ApiError error = ApiError::parse(response);
            tell(PushEventKind::interactions_dropped, error.code, error.message);
        } else {
            tell_refused_interactions(response);
        }
        if (next_interactions().empty()) {
            per_request_ = interactions_per_request;
        }
        is_changed_ = true;
    }

    // The others of the request were taken: what the backend refuses, it will never take.
    void tell_refused_interactions(const PushResponse& response) {
        const Json body = Json::parse(response.body);
        for (const Json& result : body.get("results").items()) {
            if (result.get("status").text() == "refused") {
                tell(PushEventKind::interactions_dropped, result.get("reason").text(), "an interaction was refused");
                return;
            }
        }
    }

    // Sends a request with the player's token; a refused token is replaced once. No token: 401.
    PushResponse call(const std::string& player, const std::string& method, const std::string& path,
                      const std::string& body) {
        PushResponse response;
        response.status = 401;
        for (int attempt = 0; attempt < 2 && response.status == 401; ++attempt) {
            std::string token;
            try {
                token = options_.tokens(player, attempt > 0);
            } catch (const std::exception&) {
                return {};  // as without a network: the identity provider may not respond
            }
            if (token.empty()) {
                response = PushResponse();
                response.status = 401;
                return response;
            }
            response = transport_->send({method, options_.api_url + "/apps/" + options_.app_id + path, token, body});
        }
        if (is_success(response)) {
            const Lock lock(mutex_);
            told_.erase(key(PushEventKind::backend_unavailable));
        }
        return response;
    }

    // Only the client's own thread changes the device's id, when it loads the state.
    std::string channel_path() const { return "/channels/" + state_.device_id; }

    bool is_registered() const { return state_.owner == player_ && !state_.fingerprint.empty(); }

    std::vector<std::string> effective_topics() const {
        std::vector<std::string> topics;
        for (const std::string& each : topics_) {
            if (refused_topics_.count(each) == 0) {
                topics.push_back(each);
            }
        }
        return topics;
    }

    Json registration() const {
        Json registration = Json::object();
        registration.set("channel_uri", channel_uri_);
        const auto put = [&](const char* field, const std::string& value) {
            if (!value.empty()) {
                registration.set(field, value);
            }
        };
        put("locale", locale_);
        put("time_zone", options_.time_zone);
        put("app_version", options_.app_version);
        Json topics = Json::array();
        for (const std::string& each : effective_topics()) {
            topics.add(each);
        }
        registration.set("topics", topics);
        return registration;
    }

    // What was registered, as a number: enough to notice a change, and the URI is not stored.
    std::string fingerprint() const {
        std::string text = channel_uri_ + "\n" + locale_ + "\n" + options_.time_zone + "\n" + options_.app_version;
        for (const std::string& each : effective_topics()) {
            text += "\n" + each;
        }
        std::uint64_t hash = 14695981039346656037u;
        for (const char each : text) {
            hash = (hash ^ static_cast<unsigned char>(each)) * 1099511628211u;
        }
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
        return digits;
    }

    void owe_removal(const std::string& player) {
        const auto& removals = state_.removals;
        if (!player.empty() && std::find(removals.begin(), removals.end(), player) == removals.end()) {
            state_.removals.push_back(player);
        }
    }

    void forget_removal(const std::string& player) {
        auto& removals = state_.removals;
        removals.erase(std::remove(removals.begin(), removals.end(), player), removals.end());
    }

    static bool is_success(const PushResponse& response) { return response.status >= 200 && response.status < 300; }

    static bool is_transient(const PushResponse& response) {
        return response.status == 0 || response.status == 429 || response.status >= 500;
    }

    void tell_token_needed() {
        tell(PushEventKind::player_token_needed, "unauthorized", "the player has no valid token");
    }

    void tell_unavailable(const PushResponse& response) {
        const ApiError error = ApiError::parse(response);
        tell(PushEventKind::backend_unavailable, error.code, error.message);
    }

    void tell_refused(const PushResponse& response) {
        const ApiError error = ApiError::parse(response);
        tell(PushEventKind::request_refused, error.code, error.message);
    }

    // Once until a registration succeeds; of refused requests, each code.
    void tell(PushEventKind kind, const std::string& code, const std::string& message) {
        if (told_.insert(kind == PushEventKind::request_refused ? key(kind) + code : key(kind)).second) {
            events_.push_back({kind, code, message, {}});
        }
    }

    static std::string key(PushEventKind kind) { return std::to_string(static_cast<int>(kind)) + " "; }

    void wake() {
        is_woken_ = true;
        changed_.notify_all();
    }

    void work() {
        for (bool is_last = false; !is_last;) {
            {
                const Lock lock(mutex_);
                is_woken_ = false;
                is_last = is_stopping_;
            }
            const double wait = run_due();
            std::unique_lock<std::mutex> lock(mutex_);
            if (!is_last && !is_woken_) {
                // An hour at most: a laptop that sleeps may stop the timer but not the calendar.
                const std::chrono::duration<double> pause(std::max(0.01, std::min(wait, 3600.0)));
                changed_.wait_for(lock, pause, [this] { return is_woken_; });
            }
        }
        const Lock lock(mutex_);
        is_working_ = false;
        changed_.notify_all();
    }

    const PushOptions options_;
    const std::shared_ptr<Transport> transport_;
    const std::shared_ptr<Storage> storage_;
    const std::shared_ptr<Clock> clock_;
    const std::shared_ptr<ChannelSource> source_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> commands_;
    std::vector<PushEvent> events_;
    std::set<std::string> told_;
    std::set<std::string> refused_topics_;
    Retry channel_retry_;
    Retry removal_retry_;
    Retry registration_retry_;
    Retry presence_retry_;
    Retry interactions_retry_;
    State state_;
    std::string saved_;
    std::string channel_uri_;
    double channel_at_ = 0;
    std::string player_;
    std::string locale_;
    std::vector<std::string> topics_;
    std::string refused_registration_;
    std::optional<bool> reported_;
    double reported_at_ = 0;
    std::size_t per_request_ = interactions_per_request;
    bool is_begun_ = false;
    bool is_loaded_ = false;
    bool is_changed_ = false;
    bool wants_channel_ = false;
    bool is_requesting_ = false;
    bool needs_token_ = false;
    bool needs_token_to_remove_ = false;
    bool is_in_front_ = false;
    bool is_presence_refused_ = false;
    bool is_working_ = false;
    bool is_stopping_ = false;
    bool is_woken_ = false;
};

}  // namespace detail

// Keeps the device's channel registered for the player who is signed in. Thread-safe.
// No method but run_due blocks: the others note what is wanted, and the thread of start does it.
class PushClient {
public:
    PushClient(PushOptions options, std::shared_ptr<Transport> transport, std::shared_ptr<Storage> storage,
               std::shared_ptr<Clock> clock, std::shared_ptr<ChannelSource> source)
        : client_(std::make_shared<detail::Client>(std::move(options), std::move(transport), std::move(storage),
                                                   std::move(clock), std::move(source))) {}

    ~PushClient() { client_->stop(std::chrono::milliseconds(0)); }
    PushClient(const PushClient&) = delete;
    PushClient& operator=(const PushClient&) = delete;

    // Begins, and does what is due on one background thread until stop.
    void start() { client_->start(); }

    // Does what is due once more, and ends the thread. Waits for it at most this long; a game that exits waits a second.
    // A stopped client does not start again.
    void stop(std::chrono::milliseconds at_most) { client_->stop(at_most); }

    // Requests a channel. For a game that calls run_due itself, instead of start.
    void begin() { client_->begin(); }

    // Does everything that is due, and blocks meanwhile. Returns the seconds until more will be due, or infinity.
    double run_due() { return client_->run_due(); }

    // Signs a player in: at each start, after a change of account, and again with a new token.
    // `player`: an id that tells this device's players apart; it is stored.
    void sign_in(const std::string& player) { client_->sign_in(player); }

    // Removes the player's channel. Keep the player's token until `removed` is told: nobody else may remove it.
    void sign_out() { client_->sign_out(); }

    // Sets all topics of this device, at most 50.
    void set_topics(std::vector<std::string> topics) { client_->set_topics(std::move(topics)); }

    // Sets the language that the player reads in the game.
    void set_locale(const std::string& locale) { client_->set_locale(locale); }

    // Says whether the player is in the game: it is in the foreground and not paused.
    void set_in_front(bool is_in_front) { client_->set_in_front(is_in_front); }

    // Returns whether Windows should show a toast that has just arrived; in front, the game shows it itself.
    bool should_show_toast() { return client_->should_show_toast(); }

    // Returns whether to ask the player about battery saver now: it is on, and the player may still be asked.
    bool should_ask_about_battery_saver(WindowsSettings& settings) {
        return client_->should_ask_about_battery_saver(settings);
    }

    // Stores that the player wants no more hints about battery saver.
    void do_not_ask_about_battery_saver() { client_->do_not_ask_about_battery_saver(); }

    // Returns by what to report a toast: the argument `_push` among those that the game was activated with, in either
    // style (`a=b&c=d`, `a=b;c=d`); empty for a toast without it.
    static std::string notification_of(const std::string& arguments) {
        const std::string name = "_push=";
        for (std::size_t start = 0; start < arguments.size();) {
            const std::size_t end = std::min(arguments.find_first_of("&;", start), arguments.size());
            if (arguments.compare(start, name.size(), name) == 0) {
                return arguments.substr(start + name.size(), end - start - name.size());
            }
            start = end + 1;
        }
        return {};
    }

    // Notes what the player did with a toast; it is sent when possible, also after a restart.
    // `notification`: from notification_of; empty: nothing is noted. `action`: all arguments of the button, for
    // InteractionKind::action. `inputs`: what the player typed or chose.
    void report(const std::string& notification, InteractionKind kind, const std::string& action = "",
                const std::map<std::string, std::string>& inputs = {}) {
        client_->report(notification, kind, action, inputs);
    }

    // Returns what has happened since the last call. Call it once a frame.
    std::vector<PushEvent> take_events() { return client_->take_events(); }

private:
    const std::shared_ptr<detail::Client> client_;
};

// Keeps the state in a file; the folder must exist.
class FileStorage : public Storage {
public:
    explicit FileStorage(std::filesystem::path path) : path_(std::move(path)) {}

    std::string read() override {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    void write(const std::string& text) override {
        std::filesystem::path next = path_;
        next += ".new";
        {
            std::ofstream file(next, std::ios::binary | std::ios::trunc);
            file << text;
            file.close();
            if (file.fail()) {
                throw std::runtime_error("the file cannot be written");
            }
        }
        std::filesystem::rename(next, path_);
    }

private:
    const std::filesystem::path path_;
};

// The clock of the machine.
class SystemClock : public Clock {
public:
    double now() override { return seconds(std::chrono::system_clock::now().time_since_epoch()); }
    double elapsed() override { return seconds(std::chrono::steady_clock::now().time_since_epoch()); }

private:
    template <typename Duration>
    static double seconds(Duration duration) {
        return std::chrono::duration<double>(duration).count();
    }
};

}  // namespace windows_push
