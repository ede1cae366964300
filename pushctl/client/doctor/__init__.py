"""The doctor: finds out why an app, a player or a device gets no notifications."""
