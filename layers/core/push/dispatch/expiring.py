"""Channels that expire soon: an event for each, so that the game can call the player back.

A schedule asks once a day; the search then goes through the index of each app that wants the event,
one page of a shard per message, as broadcasts do. Each day has its own span of expiry times: a
channel that is not renewed is found once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from push.apps.game_events import GameEvent
from push.aws.dynamodb import map_dynamodb_errors
from push.channels.keys import SHARDS
from push.channels.table import expiring_channels
from push.identifiers import AppId

if TYPE_CHECKING:
    from push.apps.game_events import GameEvents
    from push.apps.table import Apps
    from push.aws.table import Table
    from push.channels.sendable import SendableChannel
    from push.dispatch.broadcast_queue import BroadcastQueue

DAY_S = 24 * 3600
NOTICE_S = 3 * DAY_S
"""How long before its expiry a channel is found, at the longest; a day less at the shortest."""


class ExpirySearch(BaseModel):
    """A message: find the channels that expire soon. Without `app_id`, of every app."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    find_expiring_at: AwareDatetime
    """When the schedule asked: the same in every message of a search."""
    app_id: AppId | None = None
    shard: Annotated[int, Field(ge=0, lt=SHARDS)] = 0
    start: str | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last expiry time searched for, in epoch seconds."""
        end = int(self.find_expiring_at.timestamp()) + NOTICE_S
        return end - DAY_S, end - 1


@dataclass(frozen=True, slots=True)
class ExpiringChannels:
    """Publishes `ChannelExpiring`."""

    apps: Apps
    channels: Table
    events: GameEvents
    queue: BroadcastQueue

    @map_dynamodb_errors()
    def search(self, search: ExpirySearch) -> int:
        """Carry out one step of a search; return how many channels it found.

        Processed twice, a step publishes the same events again, each with the same `event_id`.

        Raises:
            TablesUnavailableError, EventBusUnavailableError, QueueUnavailableError: the step is to
                be repeated.
        """
        if search.app_id is None:
            self._start(search)
            return 0
        page = expiring_channels(
            self.channels, search.app_id, search.shard, search.span, start=search.start
        )
        self.events.publish([_expiring(search.app_id, each) for each in page.channels])
        if page.next is not None:
            self.queue.put([search.model_copy(update={"start": page.next})])
        return len(page.channels)

    def _start(self, search: ExpirySearch) -> None:
        """Queue the first page of every shard of every app that wants the event."""
        self.queue.put(
            [
                search.model_copy(update={"app_id": app.app_id, "shard": shard})
                for app in self.apps.all()
                if "ChannelExpiring" in app.events
                for shard in range(SHARDS)
            ]
        )


def _expiring(app_id: str, channel: SendableChannel) -> GameEvent:
    device = (app_id, channel.player_id, channel.device_id)
    return GameEvent(
        "ChannelExpiring",
        (*device, str(channel.expires_at)),
        {
            "app_id": app_id,
            "player_id": channel.player_id,
            "device_id": channel.device_id,
            "expires_at": channel.expires_at,
        },
    )
