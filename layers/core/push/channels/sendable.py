"""Channels as far as sending needs them.

A broadcast reads hundreds of thousands: only these attributes leave DynamoDB, and an item becomes a
tuple. A model would cost more than everything else that is done for a channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from push.aws.items import readable_items
from push.channels.keys import device_key
from push.channels.models import CHANNEL_LIFE_S, Channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ATTRIBUTES = (
    *("pk", "sk", "channel_uri", "locale", "topics"),
    *("renewed_at", "expires_at", "in_game_until"),
)
"""What a `SendableChannel` is made of. None is a reserved word (Amazon DynamoDB developer guide,
"Reserved words")."""


class SendableChannel(NamedTuple):
    """A channel as far as sending needs it. Times are epoch seconds.

    Attributes:
        device_key: `<player_id>#<device_id>`, the sort key of a shard.
    """

    player_id: str
    device_id: str
    device_key: str
    channel_uri: str
    locale: str | None
    topics: tuple[str, ...]
    renewed_at: int
    expires_at: int
    in_game_until: int | None

    def in_game(self, now: float) -> bool:
        """Return whether the player is in the game on this device at `now` (epoch seconds)."""
        return self.in_game_until is not None and self.in_game_until > now

    @classmethod
    def of(cls, channel: Channel) -> SendableChannel:
        """Return a channel as far as sending needs it."""
        return cls(
            channel.player_id,
            channel.device_id,
            channel.device_key,
            channel.channel_uri,
            channel.locale,
            channel.topics,
            channel.renewed_at,
            channel.expires_at,
            channel.in_game_until,
        )

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> SendableChannel:
        """Return the channel that an item of ChannelsTable or its index holds.

        Raises:
            ValidationError: the item is not a channel.
        """
        _, _, player_id = item["pk"].partition("#")
        device_id, uri, locale = item["sk"], item.get("channel_uri"), item.get("locale")
        topics, in_game_until = item.get("topics", ()), item.get("in_game_until")
        if (
            isinstance(uri, str)
            and (locale is None or isinstance(locale, str))
            and not isinstance(topics, str)
        ):
            try:
                expires_at = int(item["expires_at"])
                return cls(
                    player_id,
                    device_id,
                    device_key(player_id, device_id),
                    uri,
                    locale,
                    tuple(topics),
                    int(item.get("renewed_at", expires_at - CHANNEL_LIFE_S)),
                    expires_at,
                    None if in_game_until is None else int(in_game_until),
                )
            except (KeyError, TypeError, ValueError):
                pass
        return cls.of(Channel.of_item(item))  # says what is wrong with it


def sendable_channels(items: Iterable[Mapping[str, Any]]) -> Iterator[SendableChannel]:
    """Yield the channels that items hold; report and skip those that cannot be read."""
    return readable_items("channel", items, SendableChannel.of_item)
