"""Channels: registration, storage, topics."""
