"""Keys of channels and subscriptions, and the shards that players are spread over."""

from __future__ import annotations

from hashlib import sha256

SHARDS = 64
"""Shards of an app's channels, which a broadcast to everyone processes concurrently."""

TOPIC_SHARDS = 8
"""Shards of a topic's subscriptions. Fewer, because each costs a query however small the topic."""


FIRST_KEY = "!"
"""No `device_key` is smaller: its first character is the lowest that an id can contain."""


def channel_key(app_id: str, player_id: str, device_id: str) -> dict[str, str]:
    """Return the key of a channel in ChannelsTable."""
    return {"pk": f"{app_id}#{player_id}", "sk": device_id}


def device_key(player_id: str, device_id: str) -> str:
    """Return the sort key of a device within a shard."""
    return f"{player_id}#{device_id}"


def following(key: str) -> str:
    """Return the smallest key that can follow a device's."""
    return f"{key}{FIRST_KEY}"


def shard_of(player_id: str, shards: int) -> int:
    """Return a player's shard. Stored keys depend on it: it must never change."""
    return int.from_bytes(sha256(player_id.encode()).digest()[:4]) % shards
