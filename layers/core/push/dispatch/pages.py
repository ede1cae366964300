"""Pages of a broadcast: the unit of work on BroadcastQueue, and their plans.

A plan records where a page's chunks start and where the next page starts, before anything is
queued. A page that is processed twice therefore makes the same chunks, whoever registered or left
in between: claims stop the second copy of a delivery, and no player falls between two chunks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from push.aws.dynamodb import ConditionFailedError
from push.channels.keys import SHARDS
from push.identifiers import AppId, NotificationId
from push.notifications.counters import RECORD_LIFE_S, count_write
from push.notifications.players import REACHED, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from push.aws.dynamodb import Transactions
    from push.aws.table import Table
    from push.channels.sendable import SendableChannel


class Page(BaseModel):
    """One page of one shard. `start` is the first device key that belongs to it, None for the
    start of the shard."""

    # A newer version may have queued a field that this one does not know.
    model_config = ConfigDict(extra="ignore", frozen=True)

    notification_id: NotificationId
    app_id: AppId
    shard: Annotated[int, Field(ge=0, lt=SHARDS)]
    number: Annotated[int, Field(ge=0)] = 0
    start: str | None = None

    @property
    def name(self) -> str:
        """`<shard>.<number>`: stable, however often the page is processed."""
        return f"{self.shard}.{self.number}"

    def next(self, start: str) -> Page:
        """Return the next page of the shard."""
        return self.model_copy(update={"number": self.number + 1, "start": start})


@dataclass(frozen=True, slots=True)
class PagePlan:
    """The device key at which each chunk of a page starts, and at which the next page starts."""

    chunk_starts: tuple[str, ...]
    end: str | None


@dataclass(frozen=True, slots=True)
class PageAudience:
    """Whom a page notifies.

    Attributes:
        channels: the channels to send to, in the order of their keys.
        reached: the players among them that no earlier page has counted.
        in_game: the players that are skipped and that no earlier page has counted.
    """

    channels: Sequence[SendableChannel]
    reached: int
    in_game: int


class Pages:
    """The plans of pages in NotificationsTable."""

    def __init__(self, table: Table, transactions: Transactions) -> None:
        self._table = table
        self._transactions = transactions

    def plan(self, page: Page, proposed: PagePlan, now: float) -> PagePlan | None:
        """Record a page's plan; return the plan in force, which may be an earlier one, or None if
        the page is done."""
        item: dict[str, Any] = _key(page) | {
            "plan": json.dumps({"chunk_starts": proposed.chunk_starts, "end": proposed.end}),
            "done": False,
            "expires_at": int(now) + RECORD_LIFE_S,
        }
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailedError as error:
            found = error.item
            if found["done"]:
                return None
            plan = json.loads(str(found["plan"]))
            return PagePlan(tuple(plan["chunk_starts"]), plan["end"])
        return proposed

    def close(self, page: Page, plan: PagePlan, audience: PageAudience, now: float) -> None:
        """Count a page's deliveries, recipients and players, and its shard if this is the last
        page. The transaction counts once, however often the page is processed."""
        counts = {
            "deliveries": len(plan.chunk_starts),
            "recipients": len(audience.channels),
            "shards_done": int(plan.end is None),
            REACHED: audience.reached,
        }
        if audience.in_game:
            counts[f"{SKIPPED}in_game"] = audience.in_game
        done = {
            "TableName": self._table.name,
            "Key": _key(page),
            "UpdateExpression": "SET done = :yes",
            "ConditionExpression": "done = :no",
            "ExpressionAttributeValues": {":yes": True, ":no": False},
        }
        count = count_write(self._table.name, page.notification_id, page.name, now, counts)
        try:
            self._transactions.write([{"Update": done}, count])
        except ConditionFailedError:
            return


def _key(page: Page) -> dict[str, str]:
    return {"pk": page.notification_id, "sk": f"page#{page.name}"}
