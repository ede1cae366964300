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
AudienceKind = Literal["players", "topic", "everyone"]
Via = Literal["api", "bus", "queue"]

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

_LONGEST_BY = 256


@dataclass(frozen=True, slots=True)
class Origin:
    """How a request came, from whom, and when.

    Attributes:
        by: an IAM ARN (`api`), the source of an event (`bus`), or the id of the AWS identity that
            sent the message (`queue`).
        at: when it was queued (epoch seconds), None if not known; not recorded, for latencies.
    """

    via: Via
    by: str | None = None
    at: float | None = None

    @property
    def source(self) -> str | None:
        """The source of the event that the request came as, None if it came otherwise."""
        return self.by if self.via == "bus" else None


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """What the record keeps of a request.

    Attributes:
        send_at: when to send it (epoch seconds), None for at once.
        template: id of the template, None for a notification given inline.
        origin: how it came, None if that is not known.
        is_listed: whether the app's list of notifications is to have it.
        listed_at: its place there, None if it has none yet (see `push.notifications.list_items`).
        is_tracked: whether its toasts carry the argument by which players' interactions are taken.
    """

    notification_id: str
    app_id: str
    request_id: str
    content_hash: str
    send_at: int | None
    audience: AudienceKind
    template: str | None = None
    origin: Origin | None = None
    is_listed: bool = False
    listed_at: str | None = None
    is_tracked: bool = False

    def item(self, state: State, now: float) -> dict[str, Any]:
        """Return a new item `summary`."""
        item: dict[str, Any] = {
            "pk": self.notification_id,
            "sk": "summary",
            "app_id": self.app_id,
            "request_id": self.request_id,
            "content_hash": self.content_hash,
            "state": state,
            "audience": self.audience,
            "accepted_at": int(now),
            "expires_at": max(int(now), self.send_at or 0) + RECORD_LIFE_S,
        }
        if self.send_at is not None:
            item["send_at"] = self.send_at
        if self.template is not None:
            item["template"] = self.template
        if self.origin is not None:
            item["accepted_via"] = self.origin.via
            item |= {"accepted_by": self.origin.by[:_LONGEST_BY]} if self.origin.by else {}
        if self.is_tracked:
            item["tracked"] = True
        if self.listed_at is not None:
            item["listed_at"] = self.listed_at
        elif self.is_listed:
            item["to_be_listed"] = True
        return item


@dataclass(frozen=True, slots=True)
class Record:
    """The recorded summary of a notification, as an item."""

    item: Mapping[str, Any]

    @property
    def state(self) -> State:
        """The recorded state; a reader derives `completed` from the counts."""
        state: State = self.item["state"]
        return state

    @property
    def accepted_at(self) -> int:
        """When the request was accepted (epoch seconds)."""
        return int(self.item["accepted_at"])

    @property
    def is_to_be_listed(self) -> bool:
        """Whether the app's list is to have the notification, and does not have it yet."""
        return "to_be_listed" in self.item and "listed_at" not in self.item

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


def summary_key(notification_id: str) -> dict[str, str]:
    """Return the key of a notification's record."""
    return {"pk": notification_id, "sk": "summary"}
