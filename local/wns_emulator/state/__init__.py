"""The state of the emulator: apps, channels, devices, notifications, faults."""
