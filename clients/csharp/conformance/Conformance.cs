// Drives the client for the conformance vectors: commands as lines of JSON in, one line of JSON out for each.
//
//     {"do": "open", "api_url": …, "app": …, "device": …, "storage": file, "now": epoch seconds}

using System;
using System.Collections.Generic;

namespace WindowsPush.Conformance
{
    internal static class Program
    {
        private static void Main()
        {
            Session session = null;
            for (string line = Console.ReadLine(); line != null; line = Console.ReadLine())
            {
                var command = (Dictionary<string, object>)Json.Parse(line);
                var reply = new Dictionary<string, object>();
                if (Json.Text(command, "do") == "open")
                {
                    session = new Session(command);
                }
                else
                {
                    session.Do(Json.Text(command, "do"), command, reply);
                }
                Console.WriteLine(Json.Write(reply));
            }
        }
    }

    /// <summary>One run of the game, from its start: nothing but the storage knows of an earlier one.</summary>
    internal sealed class Session
    {
        private readonly FakeClock _clock = new FakeClock();
        private readonly Dictionary<string, object> _tokens = new Dictionary<string, object>();
        private readonly CrashingStorage _storage;
        private readonly FakeChannelSource _source = new FakeChannelSource();
        private readonly FakeSettings _settings = new FakeSettings();
        private readonly PushClient _client;

        public Session(Dictionary<string, object> command)
        {
            _clock.Now = Json.Number(command, "now");
            _storage = new CrashingStorage(new FileStorage(Json.Text(command, "storage")));
            var options = new PushOptions
            {
                ApiUrl = Json.Text(command, "api_url"),
                AppId = Json.Text(command, "app"),
                DeviceId = Json.Text(command, "device"),
                AppVersion = "1.4.2",
                Locale = "en-US",
                TimeZone = "Europe/Berlin",
                Tokens = (player, isRefused) => Json.Text(_tokens, isRefused ? player + " new" : player),
                Random = () => 0.5,
            };
            _client = new PushClient(options, new HttpClientTransport(), _storage, _clock, _source);
        }

        public void Do(string what, Dictionary<string, object> command, Dictionary<string, object> reply)
        {
            switch (what)
            {
                case "begin": _client.Begin(); break;
                case "channel": _source.Uri = Json.Text(command, "uri"); break;
                case "revoke": _source.Revoke(); break;
                case "availability":
                    _source.Availability = (PushAvailability)Enum.Parse(typeof(PushAvailability), Json.Text(command, "is"));
                    break;
                case "token":
                    _tokens[Json.Text(command, "player")] = Json.Text(command, "token");
                    _tokens[Json.Text(command, "player") + " new"] = Json.Text(command, "new");
                    break;
                case "sign_in": _client.SignIn(Json.Text(command, "player")); break;
                case "sign_out": _client.SignOut(); break;
                case "topics": _client.SetTopics(Texts(command, "topics")); break;
                case "locale": _client.SetLocale(Json.Text(command, "locale")); break;
                case "front": _client.SetInFront((bool)command["is"]); break;
                case "advance":
                    _clock.Now += Json.Number(command, "seconds");
                    _clock.Elapsed += Json.Number(command, "seconds");
                    break;
                case "set_clock": _clock.Now += Json.Number(command, "seconds"); break;
                case "crash_on_write": _storage.WritesLeft = (int)Json.Number(command, "nth"); break;
                case "report":
                    _client.Report(
                        PushClient.NotificationOf(Json.Text(command, "arguments")),
                        (InteractionKind)Enum.Parse(typeof(InteractionKind), Json.Text(command, "kind"), true),
                        command.ContainsKey("action") ? Json.Text(command, "action") : null,
                        Inputs(command));
                    break;
                case "battery": _settings.BatterySaver = (bool)command["is"] ? BatterySaver.On : BatterySaver.Off; break;
                case "do_not_ask": _client.DoNotAskAboutBatterySaver(); break;
                case "run":
                    double wait = _client.RunDue();
                    reply["next"] = double.IsInfinity(wait) ? null : (object)wait;
                    reply["events"] = Events(_client);
                    reply["asks_about_battery"] = _client.ShouldAskAboutBatterySaver(_settings);
                    reply["shows_toasts"] = _client.ShouldShowToast();
                    break;
                default: throw new InvalidOperationException(what);
            }
        }

        private static List<object> Events(PushClient client)
        {
            var events = new List<object>();
            foreach (PushEvent each in client.TakeEvents())
            {
                var one = new Dictionary<string, object> { { "kind", Snake(each.Kind.ToString()) } };
                if (each.Code.Length > 0)
                {
                    one["code"] = each.Code;
                }
                if (each.Topics.Length > 0)
                {
                    one["topics"] = new List<object>(each.Topics);
                }
                events.Add(one);
            }
            return events;
        }

        private static string Snake(string name)
        {
            string snake = "";
            foreach (char each in name)
            {
                snake += char.IsUpper(each) && snake.Length > 0 ? "_" + each : each.ToString();
            }
            return snake.ToLowerInvariant();
        }

        private static List<string> Texts(Dictionary<string, object> command, string name)
        {
            return Json.Items(command, name).ConvertAll(each => (string)each);
        }

        private static Dictionary<string, string> Inputs(Dictionary<string, object> command)
        {
            if (!command.ContainsKey("inputs"))
            {
                return null;
            }
            var inputs = new Dictionary<string, string>();
            foreach (KeyValuePair<string, object> each in (Dictionary<string, object>)command["inputs"])
            {
                inputs[each.Key] = (string)each.Value;
            }
            return inputs;
        }
    }

    internal sealed class FakeClock : IPushClock
    {
        public double Now { get; set; }

        public double Elapsed { get; set; }
    }

    internal sealed class FakeSettings : IWindowsSettings
    {
        public NotificationsAre Notifications
        {
            get { return NotificationsAre.Enabled; }
        }

        public BatterySaver BatterySaver { get; set; }
    }

    /// <summary>Ends the process, as a crash does, at a given write.</summary>
    internal sealed class CrashingStorage : IPushStorage
    {
        private readonly IPushStorage _inner;

        public CrashingStorage(IPushStorage inner)
        {
            _inner = inner;
        }

        /// <summary>1: the next write crashes.</summary>
        public int WritesLeft { get; set; }

        public string Read()
        {
            return _inner.Read();
        }

        public void Write(string text)
        {
            if (WritesLeft > 0 && --WritesLeft == 0)
            {
                Environment.Exit(3);
            }
            _inner.Write(text);
        }
    }
}
