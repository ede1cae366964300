"""What the record keeps of a request: the item `summary`, its states and what leads to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from push.errors import RequestIdReusedError
from push.notifications.counters import RECORD_LIFE_S

if TYPE_CHECKING:
    from collections.abc import Mapping


State = Literal[
    "accepted",
    "scheduled",
    "broadcasting",
    "dispatched",
    "completed",
    "suppressed",
    "failed",
    "cancelled",
]
_OPEN: tuple[State, ...] = ("accepted", "scheduled", "failed")
BEFORE: Mapping[State, tuple[State, ...]] = {
    "scheduled": ("accepted", "failed"),
    "broadcasting": _OPEN,
    "dispatched": _OPEN,
    "suppressed": _OPEN,
    "failed": ("accepted", "scheduled"),
    "cancelled": ("accepted", "scheduled", "failed", "broadcasting", "dispatched"),
}
"""The states from which each state is reached. A request that failed may be sent again, by a caller
or by an operator who moves it back from the dead-letter queue after the cause is fixed."""


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """What the record keeps of a request: `send_at` in epoch seconds, `accepted_by` who sent it."""

    notification_id: str
    app_id: str
    request_id: str
    content_hash: str
    send_at: int | None
    accepted_by: str | None = None

    def item(self, state: State, now: float) -> dict[str, Any]:
        """Return a new item `summary`."""
        optional = {"send_at": self.send_at, "accepted_by": self.accepted_by}
        return {
            "pk": self.notification_id,
            "sk": "summary",
            "app_id": self.app_id,
            "request_id": self.request_id,
            "content_hash": self.content_hash,
            "state": state,
            "accepted_at": int(now),
            "expires_at": max(int(now), self.send_at or 0) + RECORD_LIFE_S,
        } | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Record:
    """The recorded summary of a notification, as an item."""

    item: Mapping[str, Any]

    @property
    def state(self) -> State:
        """The recorded state; a reader derives `completed` from the counts."""
        state: State = self.item["state"]
        return state

    def check(self, entry: RequestEntry) -> None:
        """Check that the record is a copy's of this request.

        Raises:
            RequestIdReusedError: it is another request's with the same id.
        """
        if self.item.get("content_hash", entry.content_hash) != entry.content_hash:
            raise RequestIdReusedError(
                f"request_id '{entry.request_id}' belongs to a request with other content; send"
                " the same content again, or use a new request_id"
            )
