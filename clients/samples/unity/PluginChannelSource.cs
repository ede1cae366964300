// Channels of a standalone Unity game, from native/channel_plugin.cpp.
// Compiled here; not run here.

using System;
using System.Runtime.InteropServices;
using System.Text;
using AOT;
using WindowsPush;

public sealed class PluginChannelSource : IChannelSource
{
    private const string Plugin = "windows_push_channel";

    // One request at a time, which is how PushClient asks. Static, because IL2CPP calls back static methods only.
    private static Action<ChannelResult> _done;
    private static readonly DoneCallback OnDone = Done;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DoneCallback(IntPtr uri, IntPtr reason, int mayRetry);

    /// <summary>Never raised: the Windows App SDK has no such event.</summary>
    public event Action ChannelsRevoked
    {
        add { }
        remove { }
    }

    public PushAvailability Availability
    {
        get { return (PushAvailability)windows_push_availability(); }
    }

    public void RequestChannel(Action<ChannelResult> done)
    {
        _done = done;
        windows_push_request_channel(OnDone);
    }

    [MonoPInvokeCallback(typeof(DoneCallback))]
    private static void Done(IntPtr uri, IntPtr reason, int mayRetry)
    {
        string opened = Utf8(uri);
        _done(opened.Length > 0 ? ChannelResult.Opened(opened) : ChannelResult.Failed(Utf8(reason), mayRetry != 0));
    }

    private static string Utf8(IntPtr text)
    {
        int length = 0;
        while (Marshal.ReadByte(text, length) != 0)
        {
            length++;
        }
        var bytes = new byte[length];
        Marshal.Copy(text, bytes, 0, length);
        return Encoding.UTF8.GetString(bytes);
    }

    [DllImport(Plugin, CallingConvention = CallingConvention.Cdecl)]
    private static extern int windows_push_availability();

    [DllImport(Plugin, CallingConvention = CallingConvention.Cdecl)]
    private static extern void windows_push_request_channel(DoneCallback done);
}
