"""Channels: one app on one device of one player."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from push.channels.keys import device_key
from push.identifiers import Locale, Topic
from wns.channel_uri import is_web_push_endpoint, parse_channel_uri

if TYPE_CHECKING:
    from collections.abc import Mapping


DEVICES_PER_PLAYER = 10
CHANNEL_LIFE_S = 30 * 24 * 3600
"""Windows gives channels for 30 days (Microsoft, "Request, create, and save a notification
channel")."""
_LOOKS_LIKE = r"^https://([A-Za-z0-9-]+\.)*notify\.windows\.com(:443)?/[!-~]*\?[!-~]+$"


def _refuse_web_push(channel_uri: str) -> str:
    if is_web_push_endpoint(channel_uri):
        raise ValueError(
            "This is a Web Push endpoint of a browser (path /w/), not a channel of a game: register"
            " the URI of a PushNotificationChannel."
        )
    return channel_uri


class Registration(BaseModel):
    """The body of a registration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel_uri: Annotated[
        str,
        Field(
            max_length=2048,
            description="The URI of PushNotificationChannel, unchanged",
            json_schema_extra={"pattern": _LOOKS_LIKE},
        ),
        AfterValidator(parse_channel_uri),
        AfterValidator(_refuse_web_push),
    ]
    locale: Annotated[
        Locale | None, Field(description="The player's language, such as `en-US`")
    ] = None
    time_zone: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$", description="IANA name, such as `Europe/Paris`"),
    ] = None
    app_version: Annotated[str | None, Field(pattern=r"^[\x21-\x7e]{1,64}$")] = None
    topics: Annotated[
        tuple[Topic, ...],
        Field(max_length=50, description="All topics of the device; replaces earlier ones"),
        AfterValidator(lambda topics: tuple(sorted(set(topics)))),
    ] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a channel.

    Attributes:
        generation: unique to a channel from the registration that creates it to its removal.
        revision: counts its registrations.
    """

    generation: str
    revision: int

    @classmethod
    def first(cls) -> Version:
        """Return the version of a new channel."""
        return cls(secrets.token_hex(6), 1)

    @classmethod
    def of_item(cls, item: Mapping[str, Any] | None) -> Version | None:
        """Return the version that an item names, None if it names none."""
        generation, revision = (item or {}).get("generation"), (item or {}).get("revision")
        if not isinstance(generation, str) or revision is None:
            return None
        return cls(generation, int(revision))

    def next(self) -> Version:
        """Return the version that a further registration makes."""
        return Version(self.generation, self.revision + 1)

    def has_reached(self, other: Version) -> bool:
        """Return whether `other` is stored, or was replaced since: it cannot be stored any more."""
        return self.generation == other.generation and self.revision >= other.revision

    def as_item(self) -> dict[str, Any]:
        """Return the attributes that name this version."""
        return {"generation": self.generation, "revision": self.revision}

    def as_values(self) -> dict[str, Any]:
        """Return the values `:generation` and `:revision` of a condition."""
        return {":generation": self.generation, ":revision": self.revision}


class Channel(BaseModel):
    """A registered channel, as it is stored. Times are epoch seconds.

    The owner of its URI and its subscriptions are kept until `subscribed_until`, which is later
    than `expires_at`.

    What was validated at registration is not validated again, so that another version's rules make
    no channel unreadable; the sender validates the URI before it sends.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    channel_uri: str
    locale: str | None = None
    time_zone: str | None = None
    app_version: str | None = None
    topics: tuple[str, ...] = ()
    app_id: str
    player_id: str
    device_id: str
    registered_at: int
    renewed_at: int
    expires_at: int
    subscribed_until: int = 0
    in_game_until: int | None = None
    generation: str | None = None
    revision: int = 0

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> Channel:
        """Return the channel that an item of ChannelsTable or its index holds.

        Raises:
            ValidationError: the item is not a channel.
        """
        app_id, _, player_id = str(item["pk"]).partition("#")
        ids = {"app_id": app_id, "player_id": player_id, "device_id": item["sk"]}
        return cls.model_validate({**item, **ids})

    @model_validator(mode="before")
    @classmethod
    def _derive_missing_times(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """Every registration gives a channel the same life, so one time tells the others."""
        if "renewed_at" not in fields and "expires_at" in fields:
            fields = fields | {"renewed_at": fields["expires_at"] - CHANNEL_LIFE_S}
        if "registered_at" not in fields and "renewed_at" in fields:
            fields = fields | {"registered_at": fields["renewed_at"]}
        return fields

    @property
    def version(self) -> Version | None:
        """The version of the channel, None if an earlier release stored it."""
        return Version(self.generation, self.revision) if self.generation is not None else None

    @property
    def host(self) -> str:
        """Host of the channel URI: the only part that is ever shown."""
        return urlsplit(self.channel_uri).hostname or ""

    @property
    def device_key(self) -> str:
        """`<player_id>#<device_id>`: the sort key of a shard."""
        return device_key(self.player_id, self.device_id)

    def in_game(self, now: float) -> bool:
        """Return whether the player is in the game on this device at `now` (epoch seconds)."""
        return self.in_game_until is not None and self.in_game_until > now
