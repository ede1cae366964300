"""Send budget of an app: how many sends per second all workers may start together.

One item of RatesTable per app. A worker takes a share of the current second with one conditional
write. The bulk lane may use 80 % of a second, so that the direct lane always has budget. While an
app is paused, nobody gets any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.delivery.report import Retry

if TYPE_CHECKING:
    from push.aws.table import Table
    from push.delivery.models import Lane


BULK_SHARE = 0.8
_RECORD_LIFE_S = 24 * 3600
_NOT_PAUSED = "(attribute_not_exists(paused_until) OR paused_until <= :second)"


@dataclass(frozen=True, slots=True)
class Wait:
    """No send before `until` (epoch seconds), and why."""

    until: float
    reason: Retry = field(default=Retry.NO_BUDGET, compare=False)


@dataclass(frozen=True, slots=True)
class _LastTake:
    """In which second this process took last, and whether it was the first in its second."""

    second: int
    was_first: bool


class SendBudgets:
    """The budgets in RatesTable."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._last: dict[str, _LastTake] = {}

    @map_dynamodb_errors()
    def take(self, app_id: str, lane: Lane, wanted: int, *, rate: int, now: float) -> int | Wait:
        """Take sends out of the current second's budget; return how many, at most `wanted`.

        Args:
            rate: sends per second of the app.
            now: epoch seconds.
        """
        is_bulk = lane == "bulk"
        bulk_rate = max(int(rate * BULK_SHARE), 1)
        share = min(wanted, bulk_rate if is_bulk else rate)
        second = int(now)
        used = {":share": share, ":bulk": share if is_bulk else 0, ":second": second}

        def add() -> bool:
            return self._update(
                app_id,
                "ADD used_total :share, used_bulk :bulk",
                "used_second >= :second AND used_total <= :room AND used_bulk <= :bulk_room",
                used
                | {":room": rate - share, ":bulk_room": bulk_rate - share if is_bulk else rate},
            )

        def begin() -> bool:
            return self._update(
                app_id,
                "SET used_second = :second, used_total = :share, used_bulk = :bulk,"
                " expires_at = :expires_at",
                "(attribute_not_exists(used_second) OR used_second < :second)",
                used | {":expires_at": second + _RECORD_LIFE_S},
            )

        # Whoever is the first in a second begins it. A guess that is wrong costs a write: as one
        # of many workers, this one was hardly ever the first; alone, it always is.
        last = self._last.get(app_id, _LastTake(-1, was_first=False))
        is_first = second > last.second and last.was_first
        for write in (begin, add) if is_first else (add, begin):
            if write():
                is_new = second > last.second
                was_first = write is begin if is_new else last.was_first
                self._last[app_id] = _LastTake(second, was_first=was_first)
                return share
        item = self._table.get_item(Key={"pk": app_id}, ConsistentRead=True).get("Item", {})
        next_second, paused_until = int(now) + 1.0, float(str(item.get("paused_until", 0)))
        if paused_until > next_second:
            return Wait(paused_until, Retry.APP_THROTTLED)
        return Wait(next_second)

    @map_dynamodb_errors()
    def pause(self, app_id: str, until: float) -> None:
        """Pause the app for all workers until a time (epoch seconds). The latest time counts."""
        self._update(
            app_id,
            "SET paused_until = :until, expires_at = :expires_at",
            "(attribute_not_exists(paused_until) OR paused_until < :until)",
            {":until": int(until) + 1, ":expires_at": int(until) + _RECORD_LIFE_S},
            even_while_paused=True,
        )

    def _update(
        self,
        app_id: str,
        change: str,
        condition: str,
        values: dict[str, Any],
        *,
        even_while_paused: bool = False,
    ) -> bool:
        try:
            self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression=change,
                ConditionExpression=condition
                if even_while_paused
                else f"{condition} AND {_NOT_PAUSED}",
                ExpressionAttributeValues=values,
            )
        except ConditionFailedError:
            return False
        return True
