// Unity: put this on an object of the first scene, with WindowsPush.cs and a channel source beside it.
// Compiled here against stubs of Unity; not run here.
//
// UWP build: UwpChannelSource.cs. Standalone build: C# of Unity cannot call the Windows App SDK, so PluginChannelSource.cs
// calls native/channel_plugin.cpp, built as windows_push_channel.dll. Editor: FakeChannelSource.cs.

using System;
using System.IO;
using UnityEngine;
using WindowsPush;

public sealed class PushBehaviour : MonoBehaviour
{
    private PushClient _push;

    /// <summary>The client, for SignIn, SignOut and SetTopics.</summary>
    public PushClient Push
    {
        get { return _push; }
    }

    private void Awake()
    {
        var options = new PushOptions
        {
            ApiUrl = "https://abc123.execute-api.eu-central-1.amazonaws.com",
            AppId = "space-duel",
            AppVersion = Application.version,
            Locale = "en-US",
            Tokens = (player, isRefused) => null, // from your identity provider; not on Unity's main thread
        };
        var storage = new FileStorage(Path.Combine(Application.persistentDataPath, "push.json"));
        _push = new PushClient(options, new HttpClientTransport(), storage, new SystemClock(), Source());
        _push.Start();
    }

    private static IChannelSource Source()
    {
#if UNITY_EDITOR
        return new FakeChannelSource();
#elif ENABLE_WINMD_SUPPORT
        return new UwpChannelSource();
#else
        return new PluginChannelSource();
#endif
    }

    private void Update()
    {
        foreach (PushEvent each in _push.TakeEvents())
        {
            Debug.Log("push: " + each);
        }
    }

    private void OnApplicationFocus(bool hasFocus)
    {
        _push?.SetInFront(hasFocus);
    }

    private void OnApplicationQuit()
    {
        _push.SetInFront(false);
        _push.Stop(TimeSpan.FromSeconds(1));
    }
}
