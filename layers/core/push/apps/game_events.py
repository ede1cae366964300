"""Events that the service publishes for game servers on the game event bus.

At least once: a subscriber drops repetitions by `event_id`, which is the same for every copy of an
event. EventBridge's own `id` is not.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from push.apps.events import SOURCE
from push.aws.error_codes import error_code
from push.errors import EventBusUnavailableError, NotFoundError, UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from push.apps.models import EventName
    from push.apps.table import AppCache

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
    """Publishes events on the game event bus. `clock` gives epoch seconds."""

    def __init__(
        self, client: EventBridgeClient, bus: str, apps: AppCache, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._bus = bus
        self._apps = apps
        self._clock = clock
        self._late: list[GameEvent] = []

    def wants(self, app_id: str, name: EventName) -> bool:
        """Return whether an app has switched an event on.

        Raises:
            TablesUnavailableError: the app cannot be read now.
        """
        with suppress(NotFoundError, UnreadableItemError):
            return name in self._apps.get(app_id, self._clock()).events
        return False

    def publish_stop(self, app_id: str, reason: str, stopped_at: int) -> None:
        """Publish that sending for an app was stopped, if the app wants it.

        There is nobody who would try again: what cannot be published now goes with this process's
        next event. The alarm AppStopped does not depend on it.

        Args:
            stopped_at: epoch seconds; the same for every worker that stops the app.

        Raises:
            TablesUnavailableError, EventBusUnavailableError: it is not published now.
        """
        if self.wants(app_id, "AppStopped"):
            detail = {"app_id": app_id, "reason": reason, "stopped_at": stopped_at}
            event = GameEvent("AppStopped", (app_id, str(stopped_at)), detail)
            try:
                self.publish([event])
            except EventBusUnavailableError:
                self._late.append(event)
                raise

    def publish(self, events: Sequence[GameEvent]) -> None:
        """Publish events, up to ten per call.

        Raises:
            EventBusUnavailableError: some are not published, or not known to be.
        """
        late = tuple(self._late)
        for batch in _batches([self._entry(event) for event in (*events, *late)]):
            left: Sequence[PutEventsRequestEntryTypeDef] = batch
            codes: set[str] = set()
            for _ in range(_TRIES):
                left, codes = self._put(left)
                if not left:
                    break
            else:
                code = f"EventBridge {', '.join(sorted(codes))}"
                raise EventBusUnavailableError("EventBridge did not accept an event", code)
        self._late = [event for event in self._late if event not in late]

    def _put(
        self, entries: Sequence[PutEventsRequestEntryTypeDef]
    ) -> tuple[Sequence[PutEventsRequestEntryTypeDef], set[str]]:
        """Publish entries; return those that EventBridge refused, and the error codes. It may
        refuse some of a call."""
        try:
            response = self._client.put_events(Entries=entries)
        except (BotoCoreError, ClientError) as error:
            code = error_code(error)
            raise EventBusUnavailableError(
                f"EventBridge is unavailable: {code}", f"EventBridge {code}"
            ) from error
        refused = [
            (entry, result["ErrorCode"])
            for entry, result in zip(entries, response["Entries"], strict=True)
            if "ErrorCode" in result
        ]
        return [entry for entry, _ in refused], {code for _, code in refused}

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
