"""The summary of a notification, from its record and its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from push.notifications.counters import TALLIES
from push.notifications.entry import AudienceKind, State, Via
from push.notifications.players import PLAYER_TALLIES, PlayerCounts, player_counts

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping


class Summary(BaseModel):
    """State and counts of a notification. Times are epoch seconds."""

    model_config = ConfigDict(frozen=True)

    notification_id: str
    app_id: str
    request_id: str
    state: State
    audience: Annotated[
        AudienceKind | None, Field(description="Kind of the audience; null in older records")
    ] = None
    template: Annotated[
        str | None, Field(description="The template; null for an inline notification")
    ] = None
    accepted_by: Annotated[
        str | None,
        Field(
            description="Who sent the request: an IAM ARN (`api`), the source of the event (`bus`)"
            " or the id of the AWS identity that sent the message (`queue`)"
        ),
    ] = None
    accepted_via: Annotated[Via | None, Field(description="How the request came")] = None
    accepted_at: int
    send_at: int | None = None
    shards: Annotated[int, Field(description="Shards of a broadcast, processed concurrently")] = 0
    shards_done: Annotated[int, Field(description="Shards whose every page is dispatched")] = 0
    recipients: Annotated[int, Field(description="Devices found so far")] = 0
    deliveries: Annotated[int, Field(description="Deliveries queued so far")] = 0
    finished: Annotated[int, Field(description="Deliveries with an outcome on every channel")] = 0
    counts: Annotated[dict[str, int], Field(description="Outcomes so far, by name")] = {}
    players: Annotated[
        PlayerCounts, Field(description="Every player of the audience, reached or skipped")
    ] = PlayerCounts()
    tracked: Annotated[
        bool, Field(description="Whether interactions of players with its toasts are taken")
    ] = False


def is_counted(item: Mapping[str, Any]) -> bool:
    """Return whether a notification may have counts: something was dispatched."""
    return item["state"] in {"broadcasting", "dispatched", "cancelled"}


def is_direct(item: Mapping[str, Any]) -> bool:
    """Return whether the claims of a notification's deliveries hold its counts."""
    return "plan" in item


def summary_of(item: Mapping[str, Any], counters: Counter[str]) -> Summary:
    """Return what an item `summary` and the counters say."""
    state: State = item["state"]
    shards = int(item.get("shards", 0))
    tallies = {name: counters[name] for name in TALLIES - PLAYER_TALLIES}
    for name in ("deliveries", "recipients"):
        tallies[name] += int(item.get(name, 0))
    if state == "broadcasting" and tallies["shards_done"] >= shards:
        state = "dispatched"
    is_finished = tallies["finished"] >= tallies["deliveries"]
    if state == "dispatched" and is_finished:
        state = "completed"
    if state == "cancelled" and is_finished and _was_dispatched(item, tallies, counters):
        state = "completed"  # cancelled after the last send started: nothing was stopped
    return Summary(
        notification_id=str(item["pk"]),
        app_id=str(item["app_id"]),
        request_id=str(item["request_id"]),
        state=state,
        audience=item.get("audience"),
        template=item.get("template"),
        accepted_by=item.get("accepted_by"),
        accepted_via=item.get("accepted_via"),
        accepted_at=int(item["accepted_at"]),
        send_at=int(item["send_at"]) if "send_at" in item else None,
        shards=shards,
        counts={name: count for name, count in counters.items() if name not in TALLIES},
        players=player_counts(item, counters),
        tracked=bool(item.get("tracked", False)),
        **tallies,
    )


def _was_dispatched(
    item: Mapping[str, Any], tallies: Mapping[str, int], counters: Mapping[str, int]
) -> bool:
    """Return whether everything was dispatched and nothing was left out as cancelled."""
    shards = int(item.get("shards", 0))
    is_whole = is_direct(item) or (shards > 0 and tallies["shards_done"] >= shards)
    return is_whole and not counters.get("cancelled")
