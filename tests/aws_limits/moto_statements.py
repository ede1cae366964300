"""PartiQL on moto. Importing this module applies it.

moto's parser cannot `INSERT` with parameters, and ignores a `WHERE` beyond the key in an `UPDATE`.
Here `BatchExecuteStatement` carries out the statements that the service uses as AWS does: each for
itself, with an error of its own (Amazon DynamoDB API reference, BatchStatementError); others go to
moto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from benchmarks.aws_stub.items import holds, updated
from benchmarks.aws_stub.partiql import parse_statement
from tests.aws_limits.statements import target_of

Json = dict[str, Any]
_batch_by_moto = DynamoDBBackend.batch_execute_statement


@dataclass(frozen=True)
class _Keys:
    """What the parser wants to know of a table."""

    name: str
    hash: str
    range: str | None


def _batch(self: DynamoDBBackend, statements: list[Json]) -> list[Json]:
    return [_execute(self, each) for each in statements]


def _execute(backend: DynamoDBBackend, given: Json) -> Json:
    kind, name = target_of(given["Statement"])
    if kind not in {"Put", "Update"}:
        (response,) = _batch_by_moto(backend, [given])
        return response
    if name not in backend.tables:
        return _failed("ResourceNotFound", "Requested resource not found")
    table = backend.tables[name]
    keys = _Keys(name, table.hash_key_attr, table.range_key_attr)
    parsed: Any = parse_statement(given["Statement"], given.get("Parameters", ()), keys)  # type: ignore[arg-type]
    names = [each for each in (keys.hash, keys.range) if each]
    found = backend.get_item(name, {each: parsed.key[each] for each in names})
    old = found.to_json()["Attributes"] if found else None
    if parsed.kind == "INSERT":
        if old is not None:
            return _failed("DuplicateItem", "Duplicate primary key exists in table", name)
        new = parsed.key
    else:
        if old is None or not holds(parsed.given, old):
            return _failed("ConditionalCheckFailed", "The conditional request failed", name)
        new = updated(parsed.given, old)
    backend.put_item(name, new, overwrite=True)
    return {"TableName": name}


def _failed(code: str, message: str, table: str | None = None) -> Json:
    error: Json = {"Error": {"Code": code, "Message": message}}
    return error if table is None else error | {"TableName": table}


DynamoDBBackend.batch_execute_statement = _batch  # type: ignore[method-assign]
