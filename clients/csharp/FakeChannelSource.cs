// A source of channels for tests and for builds that do not run on Windows.

using System;

namespace WindowsPush
{
    public sealed class FakeChannelSource : IChannelSource
    {
        private readonly object _lock = new object();
        private string _uri;
        private PushAvailability _availability = PushAvailability.Available;

        public event Action ChannelsRevoked;

        /// <summary>The URI that the next requests return; null: requests fail, as without a network.</summary>
        public string Uri
        {
            set
            {
                lock (_lock)
                {
                    _uri = value;
                }
            }
        }

        public PushAvailability Availability
        {
            get
            {
                lock (_lock)
                {
                    return _availability;
                }
            }

            set
            {
                lock (_lock)
                {
                    _availability = value;
                }
            }
        }

        /// <summary>Revokes all channels, as Windows does.</summary>
        public void Revoke()
        {
            ChannelsRevoked?.Invoke();
        }

        public void RequestChannel(Action<ChannelResult> done)
        {
            string uri;
            lock (_lock)
            {
                uri = _uri;
            }
            done(string.IsNullOrEmpty(uri) ? ChannelResult.Failed("no_network", true) : ChannelResult.Opened(uri));
        }
    }
}
