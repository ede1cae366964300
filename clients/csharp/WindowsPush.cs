// Push notifications for a Windows game: the client of the backend's player routes.
//
// One file, C# 7.2, only what .NET Standard 2.0 has: Unity, UWP, the Windows App SDK, Godot and Mono take it as it is.
// Windows itself is behind IChannelSource and IWindowsSettings; adapters are in files of their own.
// The client contains no logging. A channel URI or a token is never stored, and is in no event and no ToString.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Threading;

namespace WindowsPush
{
    /// <summary>The settings of a client; they do not change while it runs.</summary>
    public sealed class PushOptions
    {
        /// <summary>Address of the API, without a slash at the end.</summary>
        public string ApiUrl = "";

        /// <summary>The app's id, as the operator registered it.</summary>
        public string AppId = "";

        /// <summary>1 to 64 of A-Z a-z 0-9 . _ : -, the same at each start; empty: one is created and stored.</summary>
        public string DeviceId = "";

        /// <summary>Version of the game; a new one is registered at once.</summary>
        public string AppVersion = "";

        /// <summary>The language that the player reads in the game, such as "de-DE".</summary>
        public string Locale = "";

        /// <summary>IANA name of the time zone, such as "Europe/Berlin".</summary>
        public string TimeZone = "";

        /// <summary>Report that the player is in the game, for notifications that skip such players.</summary>
        public bool ReportsPresence = true;

        /// <summary>Returns a player's token, or null if there is none. Called on the client's thread; may block.</summary>
        public PlayerTokens Tokens;

        /// <summary>A random number from 0 up to 1, for the jitter of pauses.</summary>
        public Func<double> Random = new JitterSource().Next;
    }

    /// <summary>Returns a token of <paramref name="player"/>, or null if nobody is signed in as that player.</summary>
    /// <param name="player">What the game passed to SignIn.</param>
    /// <param name="isRefused">The last token was refused: return a new one.</param>
    public delegate string PlayerTokens(string player, bool isRefused);

    /// <summary>Sends requests. Called on the client's thread; may block, with a time-out.</summary>
    public interface IPushTransport
    {
        /// <summary>Sends a request; throws nothing: without a response, Status is 0.</summary>
        PushResponse Send(PushRequest request);
    }

    /// <summary>Keeps one text across restarts. Each call may throw; the game is told.</summary>
    public interface IPushStorage
    {
        /// <summary>Returns what was written last, or null.</summary>
        string Read();

        /// <summary>Replaces the text, in one piece: after a crash it is the earlier or the later one.</summary>
        void Write(string text);
    }

    public interface IPushClock
    {
        /// <summary>Seconds since 1970; the player may change it.</summary>
        double Now { get; }

        /// <summary>Seconds since some moment; only grows.</summary>
        double Elapsed { get; }
    }

    public sealed class PushRequest
    {
        public string Method = "";
        public string Url = "";
        public string Token = "";

        /// <summary>JSON, or null.</summary>
        public string Body;
    }

    public sealed class PushResponse
    {
        /// <summary>Status code; 0 if there was no response.</summary>
        public int Status;

        /// <summary>The header Retry-After, or null.</summary>
        public string RetryAfter;

        public string Body = "";
    }

    /// <summary>Whether this build, as it was started, can receive pushes.</summary>
    public enum PushAvailability
    {
        Available,

        /// <summary>Windows or the Windows App SDK does not support it here.</summary>
        NotSupported,

        /// <summary>The game runs as administrator.</summary>
        Elevated,

        /// <summary>Self-contained and unpackaged: the Singleton package of the Windows App SDK is missing.</summary>
        SelfContained,
    }

    /// <summary>What came of a request for a channel.</summary>
    public sealed class ChannelResult
    {
        public readonly string Uri;

        /// <summary>Why there is none: a code such as "0x880403E8".</summary>
        public readonly string Reason;

        public readonly bool MayRetry;

        private ChannelResult(string uri, string reason, bool mayRetry)
        {
            Uri = uri;
            Reason = reason;
            MayRetry = mayRetry;
        }

        /// <param name="uri">The URI character for character as Windows returned it.</param>
        public static ChannelResult Opened(string uri)
        {
            return new ChannelResult(uri, "", false);
        }

        public static ChannelResult Failed(string reason, bool mayRetry)
        {
            return new ChannelResult(null, reason, mayRetry);
        }
    }

    /// <summary>Windows, as the source of channels.</summary>
    public interface IChannelSource
    {
        PushAvailability Availability { get; }

        /// <summary>Requests a channel; <paramref name="done"/> is called once, on any thread.</summary>
        void RequestChannel(Action<ChannelResult> done);

        /// <summary>Windows has revoked the game's channels. Raised on any thread.</summary>
        event Action ChannelsRevoked;
    }

    /// <summary>Whether Windows shows the game's notifications, as AppNotificationSetting names it.</summary>
    public enum NotificationsAre
    {
        Enabled,
        OffForGame,
        OffForWindowsUser,
        OffByPolicy,
        OffByManifest,
        Unknown,
    }

    public enum BatterySaver
    {
        /// <summary>There is no battery, or Windows cannot say.</summary>
        Unavailable,
        Off,
        On,
    }

    /// <summary>Settings of Windows that decide whether a notification is seen.</summary>
    public interface IWindowsSettings
    {
        NotificationsAre Notifications { get; }

        BatterySaver BatterySaver { get; }
    }

    public enum PushEventKind
    {
        /// <summary>The channel is registered for the player who is signed in.</summary>
        Registered,

        /// <summary>A signed-out player's channel is removed.</summary>
        Removed,

        /// <summary>No token, or a new one was refused too: ask the player to sign in, then call SignIn.</summary>
        PlayerTokenNeeded,

        /// <summary>The player may not join Topics; the channel is registered without them.</summary>
        TopicsRefused,

        /// <summary>The API refuses a request: an error in the build or its settings. Not retried until the next start.</summary>
        RequestRefused,

        /// <summary>This build cannot receive pushes; Code says why.</summary>
        PushUnavailable,

        /// <summary>Windows gives no channel; Code says why.</summary>
        ChannelUnavailable,

        /// <summary>The API does not respond or asks to wait. Retried; told once until it succeeds.</summary>
        BackendUnavailable,

        /// <summary>Interactions were discarded: refused, or more than 200 waited.</summary>
        InteractionsDropped,

        /// <summary>The storage fails: after a restart, the client may do some work once more.</summary>
        StorageFailed,
    }

    /// <summary>Something that the game is told, once.</summary>
    public sealed class PushEvent
    {
        public readonly PushEventKind Kind;

        /// <summary>For programs: the error code of the API, a status such as "http_503", or a reason.</summary>
        public readonly string Code;

        /// <summary>For developers.</summary>
        public readonly string Message;

        public readonly string[] Topics;

        public PushEvent(PushEventKind kind, string code, string message, string[] topics)
        {
            Kind = kind;
            Code = code;
            Message = message;
            Topics = topics;
        }

        public override string ToString()
        {
            return Kind + " " + Code;
        }
    }

    /// <summary>What a player did with a notification.</summary>
    public enum InteractionKind
    {
        Shown,
        Opened,
        Dismissed,
        Action,
    }

    /// <summary>Keeps the device's channel registered for the player who is signed in. Thread-safe.</summary>
    /// <remarks>No method but RunDue blocks: the others note what is wanted, and the thread of Start does it.</remarks>
    public sealed class PushClient
    {
        /// <summary>Settings page where the player can exempt the game from battery saver.</summary>
        public const string BatterySaverSettings = "ms-settings:batterysaver-settings";

        // Windows gives a channel for 30 days; half of it leaves two weeks in which a renewal may fail.
        private const double RenewAfterS = 15 * 24 * 3600;

        // The backend forgets a player's presence after 300 s.
        private const double HeartbeatS = 240;
        private const double PresenceLifeS = 300;
        private const double RequestAgainAfterS = 24 * 3600;
        private const int InteractionsKept = 200;
        private const int InteractionsPerRequest = 25;

        private readonly PushOptions _options;
        private readonly IPushTransport _transport;
        private readonly IChannelSource _source;
        private readonly IPushClock _clock;
        private readonly IPushStorage _storage;
        private readonly object _lock = new object();
        private readonly Queue<Action> _commands = new Queue<Action>();
        private readonly List<PushEvent> _events = new List<PushEvent>();
        private readonly HashSet<string> _told = new HashSet<string>();
        private readonly HashSet<string> _refusedTopics = new HashSet<string>();
        private readonly Retry _channelRetry;
        private readonly Retry _removalRetry;
        private readonly Retry _registrationRetry;
        private readonly Retry _presenceRetry;
        private readonly Retry _interactionsRetry;

        private State _state = new State();
        private bool _isBegun;
        private bool _isLoaded;
        private bool _isChanged;
        private string _saved;
        private bool _wantsChannel;
        private bool _isRequesting;
        private string _channelUri;
        private double _channelAt;
        private string _player;
        private string _locale;
        private List<string> _topics = new List<string>();
        private string _refusedRegistration;
        private bool _needsToken;
        private bool _needsTokenToRemove;
        private bool _isInFront;
        private bool? _reported;
        private double _reportedAt;
        private bool _isPresenceRefused;
        private int _perRequest = InteractionsPerRequest;
        private Thread _thread;
        private bool _isStopping;
        private bool _isWoken;

        public PushClient(
            PushOptions options, IPushTransport transport, IPushStorage storage, IPushClock clock, IChannelSource source)
        {
            if (options.Tokens == null)
            {
                throw new ArgumentException("options.Tokens must return the players' tokens", "options");
            }
            _options = options;
            _transport = transport;
            _source = source;
            _clock = clock;
            _locale = options.Locale;
            _storage = storage;
            _channelRetry = new Retry(options.Random);
            _removalRetry = new Retry(options.Random);
            _registrationRetry = new Retry(options.Random);
            _presenceRetry = new Retry(options.Random);
            _interactionsRetry = new Retry(options.Random);
        }

        /// <summary>Begins, and does what is due on one background thread until Stop.</summary>
        public void Start()
        {
            Begin();
            lock (_lock)
            {
                if (_thread != null)
                {
                    return;
                }
                _isStopping = false;
                _thread = new Thread(Work) { IsBackground = true, Name = "windows-push" };
                _thread.Start();
            }
        }

        /// <summary>Does what is due once more, and ends the thread. A stopped client does not start again.</summary>
        /// <param name="atMost">How long to wait for it; a game that exits waits a second at most.</param>
        public void Stop(TimeSpan atMost)
        {
            Thread thread;
            lock (_lock)
            {
                thread = _thread;
                _thread = null;
                _isStopping = true;
                Wake();
            }
            if (thread != null)
            {
                thread.Join(atMost);
            }
            _source.ChannelsRevoked -= OnRevoked;
        }

        /// <summary>Requests a channel. For a game that calls RunDue itself, instead of Start.</summary>
        public void Begin()
        {
            lock (_lock)
            {
                if (_isBegun)
                {
                    return;
                }
                _isBegun = true;
                _wantsChannel = true;
            }
            _source.ChannelsRevoked += OnRevoked;
        }

        /// <summary>Signs a player in: at each start, after a change of account, and again with a new token.</summary>
        /// <param name="player">An id that tells this device's players apart; it is stored.</param>
        public void SignIn(string player)
        {
            Do(() =>
            {
                if (_player != player)
                {
                    _registrationRetry.Succeeded();
                    _reported = null;
                }
                _player = player;
                _needsToken = false;
                _needsTokenToRemove = false;
                _refusedRegistration = null;
                _refusedTopics.Clear();
                _told.Remove(PushEventKind.PlayerTokenNeeded.ToString());
                _state.Removals.Remove(player);
                if (_state.Owner.Length > 0 && _state.Owner != player)
                {
                    OweRemoval(_state.Owner);
                }
            });
        }

        /// <summary>Removes the player's channel. Keep the player's token until Removed is told.</summary>
        public void SignOut()
        {
            Do(() =>
            {
                OweRemoval(_player ?? _state.Owner);
                _player = null;
                _reported = null;
            });
        }

        /// <summary>Sets all topics of this device, at most 50.</summary>
        public void SetTopics(IEnumerable<string> topics)
        {
            var sorted = new List<string>(new HashSet<string>(topics));
            sorted.Sort(string.CompareOrdinal);
            Do(() =>
            {
                _topics = sorted;
                _refusedTopics.Clear();
            });
        }

        /// <summary>Sets the language that the player reads in the game.</summary>
        public void SetLocale(string locale)
        {
            Do(() => _locale = locale);
        }

        /// <summary>Says whether the player is in the game: it is in the foreground and not paused.</summary>
        public void SetInFront(bool isInFront)
        {
            lock (_lock)
            {
                _isInFront = isInFront;
                Wake();
            }
        }

        /// <summary>Returns whether Windows should show a toast that has just arrived; in front, the game does.</summary>
        public bool ShouldShowToast()
        {
            lock (_lock)
            {
                return !_isInFront;
            }
        }

        /// <summary>Returns whether to ask the player about battery saver: it is on, and they may still be asked.</summary>
        public bool ShouldAskAboutBatterySaver(IWindowsSettings settings)
        {
            bool isOn = settings.BatterySaver == BatterySaver.On;
            lock (_lock)
            {
                return isOn && _isLoaded && !_state.IsBatteryHintOff;
            }
        }

        /// <summary>Stores that the player wants no more hints about battery saver.</summary>
        public void DoNotAskAboutBatterySaver()
        {
            Do(() => _state.IsBatteryHintOff = true);
        }

        /// <summary>Returns by what to report a toast: the argument <c>_push</c> among those that the game was activated
        /// with, in either style (<c>a=b&amp;c=d</c>, <c>a=b;c=d</c>); null for a toast without it.</summary>
        public static string NotificationOf(string arguments)
        {
            const string name = "_push=";
            foreach (string argument in (arguments ?? "").Split('&', ';'))
            {
                if (argument.StartsWith(name, StringComparison.Ordinal) && argument.Length > name.Length)
                {
                    return argument.Substring(name.Length);
                }
            }
            return null;
        }

        /// <summary>Notes what the player did with a toast; it is sent when possible, also after a restart.</summary>
        /// <param name="notification">From <see cref="NotificationOf"/>; null: nothing is noted.</param>
        /// <param name="action">All arguments of the button, for Action; else null.</param>
        /// <param name="inputs">What the player typed or chose in the toast, or null.</param>
        public void Report(
            string notification, InteractionKind kind, string action = null, IDictionary<string, string> inputs = null)
        {
            if (notification == null)
            {
                return;
            }
            var interaction = new Dictionary<string, object>
            {
                { "notification", notification },
                { "kind", kind.ToString().ToLowerInvariant() },
                { "at", Math.Floor(_clock.Now) },
            };
            if (action != null)
            {
                interaction["action"] = action;
            }
            if (inputs != null)
            {
                var copied = new Dictionary<string, object>();
                foreach (KeyValuePair<string, string> input in inputs)
                {
                    copied[input.Key] = input.Value;
                }
                interaction["inputs"] = copied;
            }
            Do(() => Queue(_player ?? _state.Owner, interaction));
        }

        /// <summary>Returns what has happened since the last call. Call it once a frame.</summary>
        public IList<PushEvent> TakeEvents()
        {
            lock (_lock)
            {
                var taken = _events.ToArray();
                _events.Clear();
                return taken;
            }
        }

        /// <summary>Does everything that is due, and blocks meanwhile.</summary>
        /// <returns>Seconds until more will be due; infinity if only a call can make it so.</returns>
        public double RunDue()
        {
            for (;;)
            {
                Action step;
                double wait;
                lock (_lock)
                {
                    step = NextStep(out wait);
                }
                if (step == null)
                {
                    return wait;
                }
                step();
            }
        }

        // The first step that is due, in this order: channel, removals, registration, presence, interactions.
        // A removal comes before a registration, so that a former player's notifications stop first.
        private Action NextStep(out double wait)
        {
            double now = _clock.Elapsed;
            wait = double.PositiveInfinity;
            if (!_isBegun)
            {
                return null;
            }
            if (!_isLoaded)
            {
                return Load;
            }
            while (_commands.Count > 0)
            {
                _commands.Dequeue()();
                _isChanged = true;
            }
            if (_isChanged)
            {
                return Save;
            }
            // A game that runs for weeks asks Windows again before it renews.
            if (IsRenewalDue() && _channelUri != null && now - _channelAt > RequestAgainAfterS)
            {
                _wantsChannel = true;
            }
            if (_wantsChannel && !_isRequesting && _channelRetry.IsDue(now, ref wait))
            {
                return RequestChannel;
            }
            if (_state.Removals.Count > 0 && !_needsTokenToRemove && _removalRetry.IsDue(now, ref wait))
            {
                return Remove;
            }
            if (NeedsRegistration(ref wait) && _registrationRetry.IsDue(now, ref wait))
            {
                return Register;
            }
            if (NeedsPresence(now, ref wait) && _presenceRetry.IsDue(now, ref wait))
            {
                return ReportPresence;
            }
            if (NextInteractions().Count > 0 && _interactionsRetry.IsDue(now, ref wait))
            {
                return SendInteractions;
            }
            return null;
        }

        private void Do(Action command)
        {
            lock (_lock)
            {
                _commands.Enqueue(command);
                Wake();
            }
        }

        private void Queue(string player, Dictionary<string, object> interaction)
        {
            if (player.Length == 0)
            {
                return;
            }
            interaction["device_id"] = _state.DeviceId;
            _state.Queue.Add(new Dictionary<string, object> { { "player", player }, { "interaction", interaction } });
            if (_state.Queue.Count > InteractionsKept)
            {
                _state.Queue.RemoveAt(0);
                Tell(PushEventKind.InteractionsDropped, "too_many", "more than 200 interactions wait to be sent");
            }
        }

        private void Load()
        {
            State state = null;
            string failure = null;
            try
            {
                state = StateText.Parse(_storage.Read());
            }
            catch (Exception error)
            {
                failure = error.GetType().Name;
            }
            lock (_lock)
            {
                _isLoaded = true;
                _state = state ?? new State();
                if (failure != null)
                {
                    Tell(PushEventKind.StorageFailed, failure, "the stored state cannot be read");
                }
                string chosen = _options.DeviceId;
                if (chosen.Length > 0)
                {
                    _state.DeviceId = chosen;
                }
                else if (_state.DeviceId.Length == 0)
                {
                    _state.DeviceId = Guid.NewGuid().ToString();
                    _isChanged = true;
                }
            }
        }

        private void Save()
        {
            string text;
            lock (_lock)
            {
                text = StateText.Write(_state);
                _isChanged = false;
            }
            if (text == _saved)
            {
                return;
            }
            try
            {
                _storage.Write(text);
                _saved = text;
            }
            catch (Exception error)
            {
                lock (_lock)
                {
                    Tell(PushEventKind.StorageFailed, error.GetType().Name, "the state cannot be stored");
                }
            }
        }

        private void RequestChannel()
        {
            var availability = PushAvailability.NotSupported;
            try
            {
                availability = _source.Availability;
            }
            catch (Exception)
            {
                // As not supported: parts of Windows that a build needs are missing.
            }
            lock (_lock)
            {
                if (availability != PushAvailability.Available)
                {
                    _wantsChannel = false;
                    Tell(PushEventKind.PushUnavailable, availability.ToString(), "this build cannot receive pushes");
                    return;
                }
                _isRequesting = true;
            }
            try
            {
                _source.RequestChannel(OnChannel);
            }
            catch (Exception error)
            {
                OnChannel(ChannelResult.Failed(error.GetType().Name, true));
            }
        }

        private void OnChannel(ChannelResult result)
        {
            lock (_lock)
            {
                if (!_isRequesting)
                {
                    return;
                }
                _isRequesting = false;
                if (result.Uri != null)
                {
                    _wantsChannel = false;
                    _channelUri = result.Uri;
                    _channelAt = _clock.Elapsed;
                    _channelRetry.Succeeded();
                    _told.Remove(PushEventKind.ChannelUnavailable.ToString());
                }
                else
                {
                    _wantsChannel = result.MayRetry;
                    _channelRetry.Failed(_clock.Elapsed, null);
                    Tell(PushEventKind.ChannelUnavailable, result.Reason, "Windows gives no channel");
                }
                Wake();
            }
        }

        private void OnRevoked()
        {
            lock (_lock)
            {
                _channelUri = null;
                _wantsChannel = true;
                _isChanged = true;
                Wake();
            }
        }

        private void Remove()
        {
            string player;
            lock (_lock)
            {
                player = _state.Removals[0];
            }
            PushResponse response = Call(player, "DELETE", ChannelPath(), null);
            lock (_lock)
            {
                if (response.Status == 401)
                {
                    // If somebody else is signed in, the channel moves to them instead.
                    _needsTokenToRemove = true;
                    if (_player == null)
                    {
                        TellTokenNeeded();
                    }
                }
                else if (IsTransient(response))
                {
                    _removalRetry.Failed(_clock.Elapsed, response.RetryAfter);
                    TellUnavailable(response);
                }
                else
                {
                    _removalRetry.Succeeded();
                    _state.Removals.Remove(player);
                    if (_state.Owner == player)
                    {
                        _state.Owner = "";
                        _state.Fingerprint = "";
                    }
                    if (response.Status < 300)
                    {
                        _events.Add(new PushEvent(PushEventKind.Removed, "", "", new string[0]));
                    }
                    else
                    {
                        TellRefused(response);
                    }
                    _isChanged = true;
                }
            }
        }

        private bool NeedsRegistration(ref double wait)
        {
            if (_player == null || _channelUri == null || _needsToken)
            {
                return false;
            }
            string fingerprint = Fingerprint();
            if (_refusedRegistration == fingerprint)
            {
                return false;
            }
            if (!IsRegistered() || _state.Fingerprint != fingerprint)
            {
                return true;
            }
            if (IsRenewalDue())
            {
                return !_wantsChannel;
            }
            wait = Math.Min(wait, _state.RegisteredAt + RenewAfterS - _clock.Now);
            return false;
        }

        // Also after the clock was set back, which makes the stored time worthless.
        private bool IsRenewalDue()
        {
            double age = _clock.Now - _state.RegisteredAt;
            return IsRegistered() && (age < 0 || age >= RenewAfterS);
        }

        private void Register()
        {
            string player;
            string fingerprint;
            string body;
            lock (_lock)
            {
                if (_player == null || _channelUri == null)
                {
                    return;
                }
                player = _player;
                if (_state.Owner != player)
                {
                    // Stored ahead of the call: after a crash, a change of player still finds the former one.
                    _state.Owner = player;
                    _state.Fingerprint = "";
                    _isChanged = true;
                    return;
                }
                fingerprint = Fingerprint();
                body = Json.Write(Registration());
            }
            PushResponse response = Call(player, "PUT", ChannelPath(), body);
            lock (_lock)
            {
                if (response.Status == 200 || response.Status == 201)
                {
                    _registrationRetry.Succeeded();
                    _told.Clear();
                    _state.Fingerprint = fingerprint;
                    _state.RegisteredAt = Math.Floor(_clock.Now);
                    // What could not be removed for want of a token: the URI has moved to this player.
                    if (_needsTokenToRemove)
                    {
                        _state.Removals.RemoveAll(each => each != player);
                        _needsTokenToRemove = false;
                    }
                    _reported = null;
                    _isPresenceRefused = false;
                    _isChanged = true;
                    _events.Add(new PushEvent(PushEventKind.Registered, "", "", new string[0]));
                }
                else if (response.Status == 401)
                {
                    _needsToken = true;
                    TellTokenNeeded();
                }
                else if (IsTransient(response) || response.Status == 409)
                {
                    _registrationRetry.Failed(_clock.Elapsed, response.RetryAfter);
                    TellUnavailable(response);
                }
                else if (response.Status != 403 || !RefuseTopics(response))
                {
                    _refusedRegistration = fingerprint;
                    TellRefused(response);
                }
            }
        }

        // The error names the topics that the player may not join: go on without them until the next start.
        private bool RefuseTopics(PushResponse response)
        {
            string message = ApiError.Parse(response).Message;
            var refused = new List<string>();
            foreach (string topic in EffectiveTopics())
            {
                if (message.Contains("'" + topic + "'"))
                {
                    refused.Add(topic);
                }
            }
            if (refused.Count == 0)
            {
                return false;
            }
            _refusedTopics.UnionWith(refused);
            _events.Add(new PushEvent(PushEventKind.TopicsRefused, "forbidden", message, refused.ToArray()));
            return true;
        }

        private bool NeedsPresence(double now, ref double wait)
        {
            if (!_options.ReportsPresence || _player == null || _needsToken || _isPresenceRefused || !IsRegistered())
            {
                return false;
            }
            if (!_isInFront)
            {
                return _reported == true && now - _reportedAt < PresenceLifeS;
            }
            if (_reported != true || now - _reportedAt >= HeartbeatS)
            {
                return true;
            }
            wait = Math.Min(wait, HeartbeatS - (now - _reportedAt));
            return false;
        }

        private void ReportPresence()
        {
            string player;
            bool isInFront;
            lock (_lock)
            {
                player = _player;
                isInFront = _isInFront;
            }
            if (player == null)
            {
                return;
            }
            string body = isInFront ? "{\"in_game\":true}" : "{\"in_game\":false}";
            PushResponse response = Call(player, "PUT", ChannelPath() + "/presence", body);
            lock (_lock)
            {
                if (response.Status > 0 && response.Status < 300)
                {
                    _presenceRetry.Succeeded();
                    _reported = isInFront;
                    _reportedAt = _clock.Elapsed;
                }
                else if (response.Status == 401)
                {
                    _needsToken = true;
                    TellTokenNeeded();
                }
                else if (response.Status == 404)
                {
                    // The backend has no channel of this device any more: register again, then report.
                    _presenceRetry.Failed(_clock.Elapsed, null);
                    _state.Fingerprint = "";
                    _isChanged = true;
                }
                else if (IsTransient(response))
                {
                    _presenceRetry.Failed(_clock.Elapsed, response.RetryAfter);
                    TellUnavailable(response);
                }
                else
                {
                    _isPresenceRefused = true;
                    TellRefused(response);
                }
            }
        }

        // The oldest interactions of the player who is signed in; those of others wait for their token.
        private List<Dictionary<string, object>> NextInteractions()
        {
            var next = new List<Dictionary<string, object>>();
            if (_player == null || _needsToken)
            {
                return next;
            }
            foreach (Dictionary<string, object> each in _state.Queue)
            {
                if (next.Count < _perRequest && (string)each["player"] == _player)
                {
                    next.Add(each);
                }
            }
            return next;
        }

        private void SendInteractions()
        {
            string player;
            List<Dictionary<string, object>> sent;
            string body;
            lock (_lock)
            {
                player = _player;
                sent = NextInteractions();
                var interactions = new List<object>();
                foreach (Dictionary<string, object> each in sent)
                {
                    interactions.Add(each["interaction"]);
                }
                body = Json.Write(new Dictionary<string, object> { { "interactions", interactions } });
            }
            if (sent.Count == 0)
            {
                return;
            }
            PushResponse response = Call(player, "POST", "/interactions", body);
            lock (_lock)
            {
                if (response.Status == 401)
                {
                    _needsToken = true;
                    TellTokenNeeded();
                    return;
                }
                if (IsTransient(response))
                {
                    _interactionsRetry.Failed(_clock.Elapsed, response.RetryAfter);
                    TellUnavailable(response);
                    return;
                }
                _interactionsRetry.Succeeded();
                bool isRefused = response.Status >= 300;
                if (sent.Count > 1 && (response.Status == 400 || response.Status == 413 || response.Status == 422))
                {
                    // One of them is refused: send them one by one, so that the others arrive.
                    _perRequest = 1;
                    return;
                }
                foreach (Dictionary<string, object> each in sent)
                {
                    _state.Queue.Remove(each);
                }
                if (isRefused)
                {
                    Tell(PushEventKind.InteractionsDropped, ApiError.Parse(response).Code, ApiError.Parse(response).Message);
                }
                else
                {
                    TellRefusedInteractions(response);
                }
                if (NextInteractions().Count == 0)
                {
                    _perRequest = InteractionsPerRequest;
                }
                _isChanged = true;
            }
        }

        // The others of the request were taken: what the backend refuses, it will never take.
        private void TellRefusedInteractions(PushResponse response)
        {
            var body = Json.Parse(response.Body) as Dictionary<string, object>;
            foreach (object each in body == null ? new List<object>() : Json.Items(body, "results"))
            {
                var result = each as Dictionary<string, object>;
                if (result != null && Json.Text(result, "status") == "refused")
                {
                    Tell(PushEventKind.InteractionsDropped, Json.Text(result, "reason"), "an interaction was refused");
                    return;
                }
            }
        }

        // Sends a request with the player's token; a refused token is replaced once. No token: 401.
        private PushResponse Call(string player, string method, string path, string body)
        {
            PushResponse response = new PushResponse { Status = 401 };
            for (int attempt = 0; attempt < 2 && response.Status == 401; attempt++)
            {
                string token;
                try
                {
                    token = _options.Tokens(player, attempt > 0);
                }
                catch (Exception)
                {
                    return new PushResponse(); // as without a network: the identity provider may not respond
                }
                if (string.IsNullOrEmpty(token))
                {
                    return new PushResponse { Status = 401 };
                }
                response = _transport.Send(new PushRequest
                {
                    Method = method,
                    Url = _options.ApiUrl + "/apps/" + _options.AppId + path,
                    Token = token,
                    Body = body,
                });
            }
            if (response.Status >= 200 && response.Status < 300)
            {
                lock (_lock)
                {
                    _told.Remove(PushEventKind.BackendUnavailable.ToString());
                }
            }
            return response;
        }

        private string ChannelPath()
        {
            return "/channels/" + _state.DeviceId;
        }

        private bool IsRegistered()
        {
            return _state.Owner == _player && _state.Fingerprint.Length > 0;
        }

        private List<string> EffectiveTopics()
        {
            var topics = new List<string>(_topics);
            topics.RemoveAll(_refusedTopics.Contains);
            return topics;
        }

        private Dictionary<string, object> Registration()
        {
            var registration = new Dictionary<string, object> { { "channel_uri", _channelUri } };
            Put(registration, "locale", _locale);
            Put(registration, "time_zone", _options.TimeZone);
            Put(registration, "app_version", _options.AppVersion);
            registration["topics"] = new List<object>(EffectiveTopics());
            return registration;
        }

        private static void Put(Dictionary<string, object> registration, string field, string value)
        {
            if (value.Length > 0)
            {
                registration[field] = value;
            }
        }

        // What was registered, as a number: enough to notice a change, and the URI is not stored.
        private string Fingerprint()
        {
            var parts = new List<string> { _channelUri, _locale, _options.TimeZone, _options.AppVersion };
            parts.AddRange(EffectiveTopics());
            ulong hash = 14695981039346656037;
            foreach (byte each in Encoding.UTF8.GetBytes(string.Join("\n", parts)))
            {
                hash = unchecked((hash ^ each) * 1099511628211);
            }
            return hash.ToString("x16", CultureInfo.InvariantCulture);
        }

        private void OweRemoval(string player)
        {
            if (player.Length > 0 && !_state.Removals.Contains(player))
            {
                _state.Removals.Add(player);
            }
        }

        private static bool IsTransient(PushResponse response)
        {
            return response.Status == 0 || response.Status == 429 || response.Status >= 500;
        }

        private void TellTokenNeeded()
        {
            Tell(PushEventKind.PlayerTokenNeeded, "unauthorized", "the player has no valid token");
        }

        private void TellUnavailable(PushResponse response)
        {
            Tell(PushEventKind.BackendUnavailable, ApiError.Parse(response).Code, ApiError.Parse(response).Message);
        }

        private void TellRefused(PushResponse response)
        {
            Tell(PushEventKind.RequestRefused, ApiError.Parse(response).Code, ApiError.Parse(response).Message);
        }

        // Once until a registration succeeds; of refused requests, each code.
        private void Tell(PushEventKind kind, string code, string message)
        {
            if (_told.Add(kind == PushEventKind.RequestRefused ? kind + code : kind.ToString()))
            {
                _events.Add(new PushEvent(kind, code, message, new string[0]));
            }
        }

        private void Wake()
        {
            _isWoken = true;
            Monitor.PulseAll(_lock);
        }

        private void Work()
        {
            for (;;)
            {
                bool isLast;
                lock (_lock)
                {
                    _isWoken = false;
                    isLast = _isStopping;
                }
                double wait = RunDue();
                lock (_lock)
                {
                    if (isLast)
                    {
                        return;
                    }
                    if (!_isWoken)
                    {
                        // An hour at most: a laptop that sleeps may stop the timer but not the calendar.
                        Monitor.Wait(_lock, TimeSpan.FromSeconds(Math.Max(0.01, Math.Min(wait, 3600))));
                    }
                }
            }
        }
    }

    /// <summary>Pauses between tries: 2 s, 4 s, … 5 min with jitter, and never before Retry-After.</summary>
    internal sealed class Retry
    {
        private const double FirstPauseS = 2;
        private const double LongestPauseS = 300;
        private const double LongestRetryAfterS = 24 * 3600;

        private readonly Func<double> _random;
        private int _failures;
        private double _notBefore;

        public Retry(Func<double> random)
        {
            _random = random;
        }

        public bool IsDue(double now, ref double wait)
        {
            if (now >= _notBefore)
            {
                return true;
            }
            wait = Math.Min(wait, _notBefore - now);
            return false;
        }

        public void Succeeded()
        {
            _failures = 0;
            _notBefore = 0;
        }

        public void Failed(double now, string retryAfter)
        {
            double half = Math.Min(FirstPauseS * Math.Pow(2, Math.Min(_failures, 20)), LongestPauseS) / 2;
            _failures++;
            int seconds;
            double asked = int.TryParse(retryAfter, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) ? seconds : 0;
            _notBefore = now + Math.Max(half, Math.Min(asked, LongestRetryAfterS)) + (half * _random());
        }
    }

    /// <summary>What survives a restart. It holds no URI and no token.</summary>
    internal sealed class State
    {
        public string DeviceId = "";

        /// <summary>The player who may have a channel of this device.</summary>
        public string Owner = "";

        /// <summary>Fingerprint of what is registered for Owner; empty: nothing that is known.</summary>
        public string Fingerprint = "";
        public double RegisteredAt;
        public List<string> Removals = new List<string>();
        public List<Dictionary<string, object>> Queue = new List<Dictionary<string, object>>();
        public bool IsBatteryHintOff;
    }

    internal static class StateText
    {
        /// <summary>Parses a stored state; one that is damaged is as none.</summary>
        public static State Parse(string text)
        {
            var stored = Json.Parse(text) as Dictionary<string, object>;
            var state = new State();
            if (stored == null)
            {
                return state;
            }
            state.DeviceId = Json.Text(stored, "device_id");
            state.Owner = Json.Text(stored, "owner");
            state.Fingerprint = Json.Text(stored, "fingerprint");
            state.RegisteredAt = Json.Number(stored, "registered_at");
            state.IsBatteryHintOff = Json.Number(stored, "battery_hint_off") > 0;
            foreach (object each in Json.Items(stored, "removals"))
            {
                var player = each as string;
                if (player != null)
                {
                    state.Removals.Add(player);
                }
            }
            foreach (object each in Json.Items(stored, "queue"))
            {
                var entry = each as Dictionary<string, object>;
                if (entry != null && entry.ContainsKey("interaction") && Json.Text(entry, "player").Length > 0)
                {
                    state.Queue.Add(entry);
                }
            }
            return state;
        }

        public static string Write(State state)
        {
            return Json.Write(new Dictionary<string, object>
            {
                { "device_id", state.DeviceId },
                { "owner", state.Owner },
                { "fingerprint", state.Fingerprint },
                { "registered_at", state.RegisteredAt },
                { "removals", new List<object>(state.Removals) },
                { "queue", new List<object>(state.Queue) },
                { "battery_hint_off", state.IsBatteryHintOff ? 1.0 : 0.0 },
            });
        }
    }

    /// <summary>The error in a response of the API: {"error": {"code", "message"}}.</summary>
    internal struct ApiError
    {
        public string Code;
        public string Message;

        public static ApiError Parse(PushResponse response)
        {
            var error = new ApiError { Code = "http_" + response.Status, Message = "" };
            if (response.Status == 0)
            {
                error.Code = "no_response";
            }
            var body = Json.Parse(response.Body) as Dictionary<string, object>;
            object inner;
            if (body != null && body.TryGetValue("error", out inner) && inner is Dictionary<string, object>)
            {
                var fields = (Dictionary<string, object>)inner;
                error.Code = Json.Text(fields, "code");
                error.Message = Json.Text(fields, "message");
            }
            return error;
        }
    }

    /// <summary>The JSON that the client needs, so that it needs no package.</summary>
    internal static class Json
    {
        private const int DeepestLevel = 32;

        /// <summary>Parses a text: dictionaries, lists, strings, doubles, bools; null for null and for malformed JSON.</summary>
        public static object Parse(string text)
        {
            int at = 0;
            object value = null;
            return !string.IsNullOrEmpty(text) && Value(text, ref at, 0, out value) ? value : null;
        }

        public static string Text(Dictionary<string, object> fields, string name)
        {
            object value;
            return fields.TryGetValue(name, out value) && value is string ? (string)value : "";
        }

        public static double Number(Dictionary<string, object> fields, string name)
        {
            object value;
            return fields.TryGetValue(name, out value) && value is double ? (double)value : 0;
        }

        public static List<object> Items(Dictionary<string, object> fields, string name)
        {
            object value;
            return fields.TryGetValue(name, out value) && value is List<object> ? (List<object>)value : new List<object>();
        }

        public static string Write(object value)
        {
            var text = new StringBuilder();
            Write(value, text);
            return text.ToString();
        }

        private static void Write(object value, StringBuilder to)
        {
            var fields = value as Dictionary<string, object>;
            var items = value as List<object>;
            if (fields != null)
            {
                string before = "{";
                foreach (KeyValuePair<string, object> each in fields)
                {
                    to.Append(before);
                    WriteString(each.Key, to);
                    to.Append(':');
                    Write(each.Value, to);
                    before = ",";
                }
                to.Append(fields.Count == 0 ? "{}" : "}");
            }
            else if (items != null)
            {
                string before = "[";
                foreach (object each in items)
                {
                    to.Append(before);
                    Write(each, to);
                    before = ",";
                }
                to.Append(items.Count == 0 ? "[]" : "]");
            }
            else if (value is double)
            {
                to.Append(((double)value).ToString("0.###", CultureInfo.InvariantCulture));
            }
            else if (value is bool)
            {
                to.Append((bool)value ? "true" : "false");
            }
            else if (value == null)
            {
                to.Append("null");
            }
            else
            {
                WriteString((string)value, to);
            }
        }

        private static void WriteString(string value, StringBuilder to)
        {
            to.Append('"');
            foreach (char each in value)
            {
                if (each == '"' || each == '\\')
                {
                    to.Append('\\').Append(each);
                }
                else if (each < ' ')
                {
                    to.Append("\\u").Append(((int)each).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    to.Append(each);
                }
            }
            to.Append('"');
        }

        private static bool Value(string text, ref int at, int level, out object value)
        {
            value = null;
            Skip(text, ref at);
            if (at >= text.Length || level > DeepestLevel)
            {
                return false;
            }
            switch (text[at])
            {
                case '{':
                    return Object(text, ref at, level, out value);
                case '[':
                    return Array(text, ref at, level, out value);
                case '"':
                    string characters;
                    bool isString = String(text, ref at, out characters);
                    value = characters;
                    return isString;
                case 't':
                    value = true;
                    return Word(text, ref at, "true");
                case 'f':
                    value = false;
                    return Word(text, ref at, "false");
                case 'n':
                    return Word(text, ref at, "null");
                default:
                    return Number(text, ref at, out value);
            }
        }

        private static bool Object(string text, ref int at, int level, out object value)
        {
            var fields = new Dictionary<string, object>();
            value = fields;
            at++;
            Skip(text, ref at);
            if (Next(text, ref at, '}'))
            {
                return true;
            }
            do
            {
                Skip(text, ref at);
                string name;
                object field;
                if (at >= text.Length || text[at] != '"' || !String(text, ref at, out name))
                {
                    return false;
                }
                Skip(text, ref at);
                if (!Next(text, ref at, ':') || !Value(text, ref at, level + 1, out field))
                {
                    return false;
                }
                fields[name] = field;
                Skip(text, ref at);
            }
            while (Next(text, ref at, ','));
            return Next(text, ref at, '}');
        }

        private static bool Array(string text, ref int at, int level, out object value)
        {
            var items = new List<object>();
            value = items;
            at++;
            Skip(text, ref at);
            if (Next(text, ref at, ']'))
            {
                return true;
            }
            do
            {
                object item;
                if (!Value(text, ref at, level + 1, out item))
                {
                    return false;
                }
                items.Add(item);
                Skip(text, ref at);
            }
            while (Next(text, ref at, ','));
            return Next(text, ref at, ']');
        }

        private static bool String(string text, ref int at, out string value)
        {
            var characters = new StringBuilder();
            value = null;
            for (at++; at < text.Length; at++)
            {
                char each = text[at];
                if (each == '"')
                {
                    at++;
                    value = characters.ToString();
                    return true;
                }
                if (each != '\\')
                {
                    characters.Append(each);
                    continue;
                }
                if (++at >= text.Length)
                {
                    return false;
                }
                int known = "\"\\/bfnrt".IndexOf(text[at]);
                int code;
                if (known >= 0)
                {
                    characters.Append("\"\\/\b\f\n\r\t"[known]);
                }
                else if (text[at] == 'u' && at + 4 < text.Length && int.TryParse(
                    text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                {
                    characters.Append((char)code);
                    at += 4;
                }
                else
                {
                    return false;
                }
            }
            return false;
        }

        private static bool Number(string text, ref int at, out object value)
        {
            int from = at;
            while (at < text.Length && "+-.eE0123456789".IndexOf(text[at]) >= 0)
            {
                at++;
            }
            double number;
            bool isNumber = double.TryParse(
                text.Substring(from, at - from), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
            value = number;
            return isNumber;
        }

        private static bool Word(string text, ref int at, string word)
        {
            bool isWord = string.CompareOrdinal(text, at, word, 0, word.Length) == 0;
            at += word.Length;
            return isWord;
        }

        private static bool Next(string text, ref int at, char expected)
        {
            if (at >= text.Length || text[at] != expected)
            {
                return false;
            }
            at++;
            return true;
        }

        private static void Skip(string text, ref int at)
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0)
            {
                at++;
            }
        }
    }

    internal sealed class JitterSource
    {
        private readonly Random _random = new Random();

        public double Next()
        {
            lock (_random)
            {
                return _random.NextDouble();
            }
        }
    }

    /// <summary>Sends requests with HttpClient. Redirects are not followed: a token goes to one host only.</summary>
    public sealed class HttpClientTransport : IPushTransport
    {
        private readonly HttpClient _http;

        public HttpClientTransport()
        {
            _http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
            _http.Timeout = TimeSpan.FromSeconds(15);
        }

        public PushResponse Send(PushRequest request)
        {
            try
            {
                using (var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Url))
                {
                    message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + request.Token);
                    if (request.Body != null)
                    {
                        message.Content = new StringContent(request.Body, new UTF8Encoding(false), "application/json");
                    }
                    // On the client's own thread, which has no synchronization context that could wait for this one.
                    using (HttpResponseMessage response = _http.SendAsync(message).GetAwaiter().GetResult())
                    {
                        IEnumerable<string> retryAfter;
                        response.Headers.TryGetValues("Retry-After", out retryAfter);
                        return new PushResponse
                        {
                            Status = (int)response.StatusCode,
                            RetryAfter = retryAfter == null ? null : string.Join("", retryAfter),
                            Body = response.Content.ReadAsStringAsync().GetAwaiter().GetResult(),
                        };
                    }
                }
            }
            catch (Exception)
            {
                return new PushResponse();
            }
        }
    }

    /// <summary>Keeps the state in a file; the folder must exist. Unity: Application.persistentDataPath.</summary>
    public sealed class FileStorage : IPushStorage
    {
        private readonly string _path;

        public FileStorage(string path)
        {
            _path = path;
        }

        public string Read()
        {
            return File.Exists(_path) ? File.ReadAllText(_path) : null;
        }

        public void Write(string text)
        {
            File.WriteAllText(_path + ".new", text);
            if (File.Exists(_path))
            {
                File.Replace(_path + ".new", _path, null);
            }
            else
            {
                File.Move(_path + ".new", _path);
            }
        }
    }

    /// <summary>The clock of the machine.</summary>
    public sealed class SystemClock : IPushClock
    {
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        private readonly System.Diagnostics.Stopwatch _stopwatch = System.Diagnostics.Stopwatch.StartNew();

        public double Now
        {
            get { return (DateTime.UtcNow - Epoch).TotalSeconds; }
        }

        public double Elapsed
        {
            get { return _stopwatch.Elapsed.TotalSeconds; }
        }
    }
}
