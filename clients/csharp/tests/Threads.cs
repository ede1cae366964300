// The client's background thread: no call of the game waits for the network, and Stop ends it.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace WindowsPush.Tests
{
    internal static class Threads
    {
        private static int Main()
        {
            var transport = new SlowTransport();
            var storage = new MemoryStorage();
            var source = new FakeChannelSource { Uri = "https://cloud.notify.windows.com/?token=secret" };
            var options = new PushOptions
            {
                ApiUrl = "http://api",
                AppId = "game",
                Tokens = (player, isRefused) => "token of " + player,
            };
            var client = new PushClient(options, transport, storage, new SystemClock(), source);

            var slowest = TimeSpan.Zero;
            Measure(ref slowest, client.Start);
            Measure(ref slowest, () => client.SignIn("anna"));
            Expect(transport.HasBegun.WaitOne(5000), "a request is sent on the thread");
            for (int frame = 0; frame < 100; frame++)
            {
                Measure(ref slowest, () => client.SetInFront(frame % 2 == 0));
                Measure(ref slowest, () => client.SetTopics(new[] { "topic-" + (frame % 3) }));
                Measure(ref slowest, () => client.Report("id", InteractionKind.Shown));
                Measure(ref slowest, () => client.TakeEvents());
            }
            Expect(slowest < TimeSpan.FromMilliseconds(SlowTransport.PauseMs), "no call waits for the network: " + slowest);

            var waited = Stopwatch.StartNew();
            var told = new List<string>();
            while (!told.Contains("Registered ") && waited.ElapsedMilliseconds < 10000)
            {
                foreach (PushEvent each in client.TakeEvents())
                {
                    told.Add(each.ToString());
                }
                Thread.Sleep(5);
            }
            Expect(told.Contains("Registered "), "the thread registers");

            client.SetInFront(false);
            client.SignOut();
            client.Stop(TimeSpan.FromSeconds(10));
            Expect(transport.Last.StartsWith("DELETE"), "Stop does what is due: " + transport.Last);
            string stored = storage.Text;
            Expect(!stored.Contains("secret") && !stored.Contains("token of"), "no secret is stored: " + stored);
            int count = transport.Count;
            source.Revoke();
            client.SignIn("anna");
            Thread.Sleep(100);
            Expect(transport.Count == count, "a stopped client sends nothing");
            Console.WriteLine("ok");
            return 0;
        }

        private static void Measure(ref TimeSpan slowest, Action call)
        {
            var watch = Stopwatch.StartNew();
            call();
            if (watch.Elapsed > slowest)
            {
                slowest = watch.Elapsed;
            }
        }

        private static void Expect(bool isTrue, string what)
        {
            if (!isTrue)
            {
                Console.WriteLine("failed: " + what);
                Environment.Exit(1);
            }
        }
    }

    internal sealed class SlowTransport : IPushTransport
    {
        public const int PauseMs = 400;
        public readonly ManualResetEvent HasBegun = new ManualResetEvent(false);
        public volatile string Last = "";
        public volatile int Count;

        public PushResponse Send(PushRequest request)
        {
            HasBegun.Set();
            Thread.Sleep(PauseMs);
            Last = request.Method + " " + request.Url;
            Count++;
            return new PushResponse { Status = request.Method == "PUT" && !request.Url.EndsWith("presence") ? 201 : 204 };
        }
    }

    internal sealed class MemoryStorage : IPushStorage
    {
        public volatile string Text;

        public string Read()
        {
            return Text;
        }

        public void Write(string text)
        {
            Text = text;
        }
    }
}
