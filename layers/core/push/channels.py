"""Channels: one app on one device of one player, and where Windows listens for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from boto3.dynamodb.conditions import Attr, Key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from push.identifiers import DeviceId, Locale, PlayerId
from wns.channel_uri import parse_channel_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.service_resource import Table

CHANNEL_LIFE_S = 30 * 24 * 3600
"""Windows gives channels for 30 days (Microsoft, "Request, create, and save a notification
channel")."""


class Registration(BaseModel):
    """What a game client says about its channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel_uri: Annotated[
        str,
        Field(max_length=2048, description="The URI of PushNotificationChannel, unchanged"),
        AfterValidator(parse_channel_uri),
    ]
    locale: Annotated[
        Locale | None, Field(description="The player's language, such as `en-US`")
    ] = None
    time_zone: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$", description="IANA name, such as `Europe/Paris`"),
    ] = None
    app_version: Annotated[str | None, Field(min_length=1, max_length=64)] = None


class Channel(Registration):
    """A registered channel."""

    # What is in the table was checked on its way in; the sender checks the URI again before it
    # dials.
    channel_uri: str
    player_id: PlayerId
    device_id: DeviceId
    registered_at: int
    renewed_at: int
    expires_at: int

    @property
    def host(self) -> str:
        """Host of the channel URI: all of it that is ever shown."""
        return urlsplit(self.channel_uri).hostname or ""


class Channels:
    """The channels in ChannelsTable. DynamoDB deletes late, so what has expired is left out
    here."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def register(
        self, app_id: str, player_id: str, device_id: str, registration: Registration, now: int
    ) -> tuple[Channel, bool]:
        """Register a channel or renew it for 30 days from `now` (epoch seconds); return it and
        whether it is new.

        One atomic write: of two that race, the later one stands whole.
        """
        given = registration.model_dump()
        times = {"renewed_at": now, "expires_at": now + CHANNEL_LIFE_S}
        stored: dict[str, Any] = {"player_id": player_id, "device_id": device_id} | given | times
        names = {f"#{name}": name for name in stored} | {"#registered_at": "registered_at"}
        sets = [f"#{name} = :{name}" for name, value in stored.items() if value is not None]
        sets.append("#registered_at = if_not_exists(#registered_at, :renewed_at)")
        gone = [f"#{name}" for name, value in stored.items() if value is None]
        old: dict[str, Any] | None = self._table.update_item(
            Key=_key(app_id, player_id, device_id),
            UpdateExpression=f"SET {', '.join(sets)}"
            + (f" REMOVE {', '.join(gone)}" if gone else ""),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={
                f":{name}": value for name, value in stored.items() if value is not None
            },
            ReturnValues="ALL_OLD",
        ).get("Attributes")
        registered_at = now if old is None else int(str(old["registered_at"]))
        channel = Channel(**stored, registered_at=registered_at)
        return channel, old is None or int(str(old["expires_at"])) <= now

    def of_player(self, app_id: str, player_id: str, now: int) -> Iterator[Channel]:
        """Yield the player's channels that are alive at `now` (epoch seconds)."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(_partition(app_id, player_id)),
            "FilterExpression": Attr("expires_at").gt(now),
        }
        while True:
            page = self._table.query(**query)
            for item in page["Items"]:
                yield Channel.model_validate(
                    {name: item[name] for name in Channel.model_fields if name in item}
                )
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def remove(self, app_id: str, player_id: str, device_id: str) -> None:
        """Remove a channel; that it is gone already is no error."""
        self._table.delete_item(Key=_key(app_id, player_id, device_id))

    def remove_gone(self, app_id: str, player_id: str, device_id: str, channel_uri: str) -> bool:
        """Remove a channel that WNS called gone, unless it was renewed with another URI; return
        whether it was removed."""
        try:
            self._table.delete_item(
                Key=_key(app_id, player_id, device_id),
                ConditionExpression=Attr("channel_uri").eq(channel_uri),
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _partition(app_id: str, player_id: str) -> str:
    return f"{app_id}#{player_id}"


def _key(app_id: str, player_id: str, device_id: str) -> dict[str, str]:
    return {"pk": _partition(app_id, player_id), "sk": device_id}
