// Godot 4 with C#: add this node to the first scene as an autoload, with WindowsPush.cs and WindowsAppSdkChannelSource.cs.
// Compiled here against stubs of Godot; not run here.
//
// In the .csproj, for Windows exports:
//   <TargetFramework>net8.0-windows10.0.19041.0</TargetFramework>
//   <WindowsPackageType>None</WindowsPackageType>
//   <PackageReference Include="Microsoft.WindowsAppSDK" Version="1.7.*" />

using System;
using System.IO;
using Godot;
using WindowsPush;

public partial class PushNode : Node
{
    private PushClient _push;

    /// <summary>The client, for SignIn, SignOut and SetTopics.</summary>
    public PushClient Push
    {
        get { return _push; }
    }

    public override void _Ready()
    {
        var options = new PushOptions
        {
            ApiUrl = "https://abc123.execute-api.eu-central-1.amazonaws.com",
            AppId = "space-duel",
            AppVersion = "1.4.2",
            Locale = "en-US",
            Tokens = (player, isRefused) => null, // from your identity provider
        };
        var source = new WindowsAppSdkChannelSource(new Guid("00000000-0000-0000-0000-000000000000"));
        var storage = new FileStorage(Path.Combine(OS.GetUserDataDir(), "push.json"));
        _push = new PushClient(options, new HttpClientTransport(), storage, new SystemClock(), source);
        _push.Start();
    }

    public override void _Process(double delta)
    {
        foreach (PushEvent each in _push.TakeEvents())
        {
            GD.Print("push: ", each);
        }
    }

    public override void _Notification(int what)
    {
        if (what == NotificationApplicationFocusIn || what == NotificationApplicationFocusOut)
        {
            _push?.SetInFront(what == NotificationApplicationFocusIn);
        }
    }

    public override void _ExitTree()
    {
        _push.SetInFront(false);
        _push.Stop(TimeSpan.FromSeconds(1));
    }
}
