// Drives the client for the conformance vectors: commands as lines of JSON in, one line of JSON out for each.
//
//     mono Conformance.exe API_URL APP DEVICE STORAGE_FILE NOW [interactions]

using System;
using System.Collections.Generic;

namespace WindowsPush.Conformance
{
    internal static class Program
    {
        private static int Main(string[] arguments)
        {
            var clock = new FakeClock { Now = double.Parse(arguments[4]) };
            var tokens = new Dictionary<string, object>();
            var storage = new CrashingStorage(new FileStorage(arguments[3]));
            var source = new FakeChannelSource();
            var settings = new FakeSettings();
            var options = new PushOptions
            {
                ApiUrl = arguments[0],
                AppId = arguments[1],
                DeviceId = arguments[2],
                AppVersion = "1.4.2",
                Locale = "en-US",
                TimeZone = "Europe/Berlin",
                SendsInteractions = arguments.Length > 5,
                Tokens = (player, isRefused) => Json.Text(tokens, isRefused ? player + " new" : player),
                Random = () => 0.5,
            };
            var client = new PushClient(options, new HttpClientTransport(), storage, clock, source);
            for (string line = Console.ReadLine(); line != null; line = Console.ReadLine())
            {
                var command = (Dictionary<string, object>)Json.Parse(line);
                var reply = new Dictionary<string, object>();
                switch (Json.Text(command, "do"))
                {
                    case "begin": client.Begin(); break;
                    case "channel": source.Uri = Json.Text(command, "uri"); break;
                    case "revoke": source.Revoke(); break;
                    case "availability":
                        source.Availability = (PushAvailability)Enum.Parse(typeof(PushAvailability), Json.Text(command, "is"));
                        break;
                    case "token":
                        tokens[Json.Text(command, "player")] = Json.Text(command, "token");
                        tokens[Json.Text(command, "player") + " new"] = Json.Text(command, "new");
                        break;
                    case "sign_in": client.SignIn(Json.Text(command, "player")); break;
                    case "sign_out": client.SignOut(); break;
                    case "topics": client.SetTopics(Texts(command, "topics")); break;
                    case "locale": client.SetLocale(Json.Text(command, "locale")); break;
                    case "front": client.SetInFront((bool)command["is"]); break;
                    case "advance":
                        clock.Now += Json.Number(command, "seconds");
                        clock.Elapsed += Json.Number(command, "seconds");
                        break;
                    case "set_clock": clock.Now += Json.Number(command, "seconds"); break;
                    case "crash_on_write": storage.WritesLeft = (int)Json.Number(command, "nth"); break;
                    case "report":
                        client.Report(
                            Json.Text(command, "notification"),
                            (InteractionKind)Enum.Parse(typeof(InteractionKind), Json.Text(command, "kind"), true),
                            command.ContainsKey("action") ? Json.Text(command, "action") : null,
                            Inputs(command));
                        break;
                    case "battery": settings.BatterySaver = (bool)command["is"] ? BatterySaver.On : BatterySaver.Off; break;
                    case "do_not_ask": client.DoNotAskAboutBatterySaver(); break;
                    case "run":
                        double wait = client.RunDue();
                        reply["next"] = double.IsInfinity(wait) ? null : (object)wait;
                        reply["events"] = Events(client);
                        reply["asks_about_battery"] = client.ShouldAskAboutBatterySaver(settings);
                        reply["shows_toasts"] = client.ShouldShowToast();
                        break;
                    default: throw new InvalidOperationException(line);
                }
                Console.WriteLine(Json.Write(reply));
            }
            return 0;
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
