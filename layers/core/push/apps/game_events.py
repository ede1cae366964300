"""Events that the service publishes for game servers on the game event bus.

At least once: a subscriber drops repetitions by `event_id`, which is the same for every copy of an
event. EventBridge's own `id` is not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from push.apps.events import SOURCE
from push.errors import EventBusUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from push.apps.models import EventName

# "The total entry size must be less than 256KB" and 10 entries at most (Amazon EventBridge user
# guide, "Calculating PutEvents event entry size"; API reference, PutEvents).
_ENTRIES = 10
_BYTES = 240_000
_TRIES = 3


@dataclass(frozen=True, slots=True)
class GameEvent:
    """An event: its name, the parts that tell it from all others, and its details."""

    name: EventName
    identity: tuple[str, ...]
    detail: Mapping[str, Any]

    @property
    def event_id(self) -> str:
        """The same for every copy of the event."""
        text = json.dumps([self.name, *self.identity])
        return sha256(text.encode()).hexdigest()[:32]


class GameEvents:
    """Publishes events on the game event bus."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, events: Sequence[GameEvent]) -> None:
        """Publish events, up to ten per call.

        Raises:
            EventBusUnavailableError: some are not published, or not known to be.
        """
        for batch in _batches([self._entry(event) for event in events]):
            left: Sequence[PutEventsRequestEntryTypeDef] = batch
            for _ in range(_TRIES):
                left = self._put(left)
                if not left:
                    break
            else:
                raise EventBusUnavailableError("EventBridge did not accept an event")

    def _put(
        self, entries: Sequence[PutEventsRequestEntryTypeDef]
    ) -> Sequence[PutEventsRequestEntryTypeDef]:
        """Publish entries; return those that EventBridge refused. It may refuse some of a call."""
        try:
            response = self._client.put_events(Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise EventBusUnavailableError(
                f"EventBridge is unavailable: {type(error).__name__}"
            ) from error
        results = zip(entries, response["Entries"], strict=True)
        return [entry for entry, result in results if "ErrorCode" in result]

    def _entry(self, event: GameEvent) -> PutEventsRequestEntryTypeDef:
        detail = {"event_id": event.event_id, **event.detail}
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": event.name,
            "Detail": json.dumps(detail, separators=(",", ":")),
        }


def _batches(
    entries: Sequence[PutEventsRequestEntryTypeDef],
) -> Iterator[list[PutEventsRequestEntryTypeDef]]:
    batch: list[PutEventsRequestEntryTypeDef] = []
    size = 0
    for entry in entries:
        more = len(entry["Detail"])  # in ASCII a character is a byte
        if batch and (len(batch) == _ENTRIES or size + more > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += more
    if batch:
        yield batch
