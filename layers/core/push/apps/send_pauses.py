"""Pauses of apps in RatesTable, which the sender keeps (`push.delivery.send_budget`)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors

if TYPE_CHECKING:
    from push.aws.table import Table


class SendPauses:
    """The pauses in RatesTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @map_dynamodb_errors()
    def lift(self, app_id: str) -> None:
        """Let all workers send for the app again. Idempotent."""
        with suppress(ConditionFailedError):
            self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression="REMOVE paused_until",
                ConditionExpression="attribute_exists(pk)",
            )
