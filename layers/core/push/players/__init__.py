"""Players: what they did with notifications, what is kept of them, and its erasure."""
