"""The account of a notification's players: reached, or skipped with the reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from push.aws.dynamodb import map_dynamodb_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.aws.table import Table


SkipReason = Literal["no_channel", "in_game"]
SKIP_REASONS: tuple[SkipReason, ...] = ("no_channel", "in_game")

REACHED = "players_reached"
SKIPPED = "players_skipped_"
PLAYER_TALLIES = frozenset({REACHED, *(f"{SKIPPED}{reason}" for reason in SKIP_REASONS)})
"""Counters of a broadcast's players. A direct request's are in its summary, written once."""


class PlayerCounts(BaseModel):
    """Players of a notification: every one is reached or skipped."""

    model_config = ConfigDict(frozen=True)

    requested: Annotated[
        int, Field(description="Players of the audience; of a broadcast, those found so far")
    ] = 0
    reached: Annotated[int, Field(description="Players with a device to send to")] = 0
    skipped: Annotated[
        dict[SkipReason, int],
        Field(description="Players who are sent nothing, by reason: `no_channel`, `in_game`"),
    ] = {}


class SkippedPlayer(BaseModel):
    """A player of a direct request who is sent nothing, and why."""

    model_config = ConfigDict(frozen=True)

    player_id: str
    reason: SkipReason


def player_counts(summary: Mapping[str, Any], counters: Mapping[str, int]) -> PlayerCounts:
    """Return the account of the players, from an item `summary` and the counters."""
    if "requested" in summary:
        return PlayerCounts(
            requested=int(summary["requested"]),
            reached=int(summary["reached"]),
            skipped=json.loads(str(summary.get("skipped", "{}"))),
        )
    reached = counters.get(REACHED, 0)
    skipped = {reason: counters.get(f"{SKIPPED}{reason}", 0) for reason in SKIP_REASONS}
    return PlayerCounts(
        requested=reached + sum(skipped.values()),
        reached=reached,
        skipped={reason: count for reason, count in skipped.items() if count},
    )


@map_dynamodb_errors()
def skipped_players(table: Table, notification_id: str) -> dict[SkipReason, tuple[str, ...]]:
    """Return the players of a direct request who are sent nothing, by reason."""
    key = {"pk": notification_id, "sk": "skipped"}
    item = table.get_item(Key=key, ConsistentRead=True).get("Item", {})
    by_reason: dict[SkipReason, list[str]] = json.loads(str(item.get("skipped", "{}")))
    return {reason: tuple(players) for reason, players in by_reason.items()}
