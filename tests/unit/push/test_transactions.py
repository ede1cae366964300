"""Transactions: conflicts are retried with one token, everything else is left to others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from push.aws.dynamodb import ConditionFailedError, Transactions
from push.aws.table import DynamoDB

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = [{"Delete": {"TableName": "Table", "Key": {"pk": "a"}}}]
REQUEST = {
    "TransactItems": [{"Delete": {"TableName": "Table", "Key": {"pk": {"S": "a"}}}}],
    "ClientRequestToken": ANY,
}
TRIES = 5


class Table:
    """A stubbed DynamoDB, the tokens it was sent and the pauses between."""

    def __init__(self) -> None:
        client = boto3.client(
            "dynamodb", "eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.meta.events.register("provide-client-params.dynamodb", self._note)
        self.stub = Stubber(client)
        self.tokens: list[str] = []
        self.pauses: list[float] = []
        jitter = iter(0.9 + number / 1000 for number in range(100))
        made: Any = client
        wire: Any = SimpleNamespace(call=made._make_api_call)
        self.transactions = Transactions(DynamoDB(wire), self.pauses.append, lambda: next(jitter))

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.tokens.append(params["ClientRequestToken"])

    def cancel(self, *codes: str, times: int = 1) -> None:
        for _ in range(times):
            self.stub.add_client_error(
                "transact_write_items",
                "TransactionCanceledException",
                modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
                expected_params=REQUEST,
            )

    def fail(self, code: str, status: int) -> None:
        self.stub.add_client_error(
            "transact_write_items", code, http_status_code=status, expected_params=REQUEST
        )

    def commit(self) -> None:
        self.stub.add_response("transact_write_items", {}, REQUEST)


@pytest.fixture
def table() -> Iterator[Table]:
    table = Table()
    with table.stub:
        yield table
    table.stub.assert_no_pending_responses()


def test_conflict_is_retried_under_the_same_token(table: Table) -> None:
    table.cancel("None", "TransactionConflict", times=TRIES - 1)
    table.commit()
    table.transactions.write(ITEMS)
    assert len(table.tokens) == TRIES
    assert len(set(table.tokens)) == 1


def test_two_transactions_have_two_tokens(table: Table) -> None:
    table.commit()
    table.commit()
    table.transactions.write(ITEMS)
    table.transactions.write(ITEMS)
    assert len(set(table.tokens)) == 2


def test_conflict_that_lasts_is_raised_after_less_than_a_second(table: Table) -> None:
    table.cancel("TransactionConflict", times=TRIES)
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.transactions.write(ITEMS)
    assert len(table.pauses) == TRIES - 1
    assert sum(table.pauses) < 1


def test_condition_that_does_not_hold_is_not_retried_even_beside_a_conflict(table: Table) -> None:
    table.cancel("ConditionalCheckFailed", "TransactionConflict")
    with pytest.raises(ConditionFailedError):
        table.transactions.write(ITEMS)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("TransactionInProgressException", 400),
        ("InternalServerError", 500),
        ("ValidationException", 400),
    ],
)
def test_what_the_sdk_retries_or_nobody_is_not_retried_once_more(
    table: Table, code: str, status: int
) -> None:
    table.fail(code, status)
    with pytest.raises(ClientError, match=code):
        table.transactions.write(ITEMS)
    assert table.pauses == []
