"""Writes of channels in ChannelsTable, each on condition that the channel is as it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.channels.keys import SHARDS, channel_key, shard_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.channels.models import Channel


def to_put(channel: Channel, before: Channel | None) -> dict[str, Any]:
    """Return the parameters of the update that stores a channel but not its presence, on condition
    that it is as in `before`, None for a new channel."""
    stored = channel.model_dump(exclude={"app_id", "player_id", "device_id", "in_game_until"})
    stored |= {
        "topics": list(channel.topics),
        "shard": f"{channel.app_id}#{shard_of(channel.player_id, SHARDS)}",
        "device_key": channel.device_key,
    }
    sets = {name: value for name, value in stored.items() if value is not None}
    gone = ", ".join(f"#{name}" for name in stored if name not in sets)
    condition, as_read = _as_read(before)
    return {
        "Key": channel_key(channel.app_id, channel.player_id, channel.device_id),
        "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in sets)}"
        + (f" REMOVE {gone}" if gone else ""),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in stored},
        "ExpressionAttributeValues": {f":{name}": value for name, value in sets.items()} | as_read,
    }


def to_delete(channel: Channel) -> dict[str, Any]:
    """Return the parameters of the deletion of a channel that is as it was read."""
    condition, values = _as_read(channel)
    return {
        "Key": channel_key(channel.app_id, channel.player_id, channel.device_id),
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }


def _as_read(channel: Channel | None) -> tuple[str, dict[str, Any]]:
    """Return the condition that a channel is as it was read, and its values."""
    if channel is None:
        return "attribute_not_exists(pk)", {}
    if channel.version is not None:
        condition = "generation = :as_read AND revision = :of_it"
        return condition, {":as_read": channel.generation, ":of_it": channel.revision}
    # An earlier release stored it, and may not have given it a time.
    condition = (
        "channel_uri = :as_read AND attribute_not_exists(generation)"
        " AND (renewed_at = :of_it OR attribute_not_exists(renewed_at))"
    )
    return condition, {":as_read": channel.channel_uri, ":of_it": channel.renewed_at}


def not_since(recent: int) -> dict[str, Any]:
    """Return the condition that a channel was not registered later than `recent` (epoch
    seconds)."""
    return {
        "ConditionExpression": "attribute_not_exists(renewed_at) OR renewed_at <= :recent",
        "ExpressionAttributeValues": {":recent": recent},
    }


def renewed_as_in(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that an item, readable or not, was not registered again."""
    if "renewed_at" not in item:
        return {"ConditionExpression": "attribute_not_exists(renewed_at)"}
    return {
        "ConditionExpression": "renewed_at = :renewed_at",
        "ExpressionAttributeValues": {":renewed_at": item["renewed_at"]},
    }
