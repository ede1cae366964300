// The signatures of Unity and Godot that the samples and the guide use. They do nothing.

using System;

namespace UnityEngine
{
    public class MonoBehaviour
    {
    }

    public static class Application
    {
        public static string persistentDataPath { get; }

        public static string version { get; }
    }

    public static class Debug
    {
        public static void Log(object message)
        {
        }
    }
}

namespace AOT
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        public MonoPInvokeCallbackAttribute(Type type)
        {
        }
    }
}

namespace Godot
{
    public class Node
    {
        public const long NotificationApplicationFocusIn = 2016;
        public const long NotificationApplicationFocusOut = 2017;

        public virtual void _Ready()
        {
        }

        public virtual void _Process(double delta)
        {
        }

        public virtual void _ExitTree()
        {
        }

        public virtual void _Notification(int what)
        {
        }
    }

    public static class GD
    {
        public static void Print(params object[] what)
        {
        }
    }

    public static class OS
    {
        public static string GetUserDataDir()
        {
            return "";
        }
    }
}
