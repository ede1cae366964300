"""What the emulator remembers: apps, channels, devices, notifications, faults."""
