"""Tables of DynamoDB, in boto3's words: operations, parameters and responses are named and shaped
as those of its `Table` and client, with Python's values for DynamoDB's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from push.aws.attribute_values import decode_item, encode, encode_item
from push.aws.dynamodb import ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from push.aws.attribute_values import Item


class Wire(Protocol):
    """What carries calls to DynamoDB, with requests and responses in its JSON."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]: ...


_ENCODED = ("Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey")
_DECODED = ("Key", "Item", "Attributes", "LastEvaluatedKey")


@dataclass(frozen=True, slots=True)
class DynamoDB:
    """Calls that are not about one table. Safe between threads.

    Each raises ClientError if DynamoDB refuses or fails, and BotoCoreError if there is no response;
    then it is not known whether something was written.
    """

    wire: Wire

    def table(self, name: str) -> Table:
        """Return a table."""
        return Table(name, self)

    def transact_write_items(self, actions: Sequence[Mapping[str, Any]], token: str) -> None:
        """Write a transaction's items, all or none.

        Args:
            actions: as in `TransactItems`.
            token: makes a repeated call harmless for ten minutes.
        """
        encoded = [{kind: _encoded(it) for kind, it in action.items()} for action in actions]
        parameters = {"TransactItems": encoded, "ClientRequestToken": token}
        self.wire.call("TransactWriteItems", parameters)

    def batch_get_item(self, reads: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Return items by their keys, and the keys that DynamoDB has not processed.

        Args:
            reads: as in `RequestItems`, by table.
        """
        encoded = {
            table: {**read, "Keys": [encode_item(key) for key in read["Keys"]]}
            for table, read in reads.items()
        }
        answer = self.wire.call("BatchGetItem", {"RequestItems": encoded})
        answer["Responses"] = {
            table: [decode_item(item) for item in items]
            for table, items in answer["Responses"].items()
        }
        answer["UnprocessedKeys"] = {
            table: {**read, "Keys": [decode_item(key) for key in read["Keys"]]}
            for table, read in answer.get("UnprocessedKeys", {}).items()
        }
        return answer

    def batch_write_item(
        self, writes: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> dict[str, list[Any]]:
        """Put and delete items; return those that DynamoDB has not processed, as they were given.

        Args:
            writes: as in `RequestItems`, by table.
        """
        encoded = {
            table: [{kind: _encoded(it) for kind, it in each.items()} for each in some]
            for table, some in writes.items()
        }
        answer = self.wire.call("BatchWriteItem", {"RequestItems": encoded})
        return {
            table: [{kind: _decoded(it) for kind, it in each.items()} for each in some]
            for table, some in answer.get("UnprocessedItems", {}).items()
        }

    def batch_execute_statement(
        self, statements: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Carry out up to 25 PartiQL statements; return a response for each, in their order, with
        the key `Error` if it failed.

        Args:
            statements: as in `Statements`, with Python's values in `Parameters`.
        """
        encoded = [
            {**each, "Parameters": [encode(value) for value in each["Parameters"]]}
            for each in statements
        ]
        answer = self.wire.call("BatchExecuteStatement", {"Statements": encoded})
        responses: list[dict[str, Any]] = answer["Responses"]
        for each in (*responses, *(one["Error"] for one in responses if "Error" in one)):
            if "Item" in each:
                each["Item"] = decode_item(each["Item"])
        return responses


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Safe between threads.

    Each method takes the parameters of DynamoDB's operation but `TableName`, and returns its
    response. Each raises ClientError if DynamoDB refuses or fails, and BotoCoreError if there is no
    response; then it is not known whether something was written.
    """

    name: str
    dynamodb: DynamoDB

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        """Return an item; without the key `Item` if there is none."""
        return self._call("GetItem", parameters)

    def query(self, **parameters: Any) -> dict[str, Any]:
        """Return a page of items."""
        return self._call("Query", parameters)

    def query_all(self, **parameters: Any) -> Iterator[Item]:
        """Yield the items of all pages of a query."""
        return self._pages("Query", parameters)

    def scan_all(self, **parameters: Any) -> Iterator[Item]:
        """Yield the items of all pages of a scan."""
        return self._pages("Scan", parameters)

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        """Store an item.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        return self._write("PutItem", parameters)

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        """Update an item.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        return self._write("UpdateItem", parameters)

    def delete_item(self, **parameters: Any) -> dict[str, Any]:
        """Delete an item, if there is one.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        return self._write("DeleteItem", parameters)

    def _pages(self, operation: str, parameters: dict[str, Any]) -> Iterator[Item]:
        while True:
            page = self._call(operation, parameters)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._call(operation, parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: Any = error.response.get("Item", {})
            raise ConditionFailedError(decode_item(item)) from None

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        parameters["TableName"] = self.name
        answer = self.dynamodb.wire.call(operation, _encoded(parameters))
        answer = _decoded(answer)
        if "Items" in answer:
            answer["Items"] = [decode_item(item) for item in answer["Items"]]
        return answer


def _encoded(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of an operation with the items in them in DynamoDB's JSON."""
    return {
        name: encode_item(value) if name in _ENCODED else value
        for name, value in parameters.items()
    }


def _decoded(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response with the items in it as Python's values."""
    return {
        name: decode_item(value) if name in _DECODED else value for name, value in answer.items()
    }
