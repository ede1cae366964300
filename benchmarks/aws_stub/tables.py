"""Tables with their indexes, in memory."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.aws_stub.population import Population
    from benchmarks.aws_stub.scope import Item


def text(value: dict[str, Any]) -> str:
    """Return a key's value as text that sorts as DynamoDB sorts strings."""
    return str(next(iter(value.values())))


@dataclass(slots=True)
class Partition:
    """The items of one hash key, in the order of their range keys."""

    items: dict[tuple[str, ...], Item] = field(default_factory=dict)
    order: list[tuple[str, ...]] = field(default_factory=list)

    def put(self, key: tuple[str, ...], item: Item) -> None:
        if key not in self.items:
            insort(self.order, key)
        self.items[key] = item

    def remove(self, key: tuple[str, ...]) -> None:
        if self.items.pop(key, None) is not None:
            del self.order[bisect_left(self.order, key)]

    def after(self, start: tuple[str, ...]) -> Iterator[Item]:
        """Yield the items from a position on."""
        for at in range(bisect_left(self.order, start), len(self.order)):
            yield self.items[self.order[at]]


@dataclass(slots=True)
class Index:
    """A global secondary index. `projected` is None if it projects everything."""

    name: str
    hash: str
    range: str | None
    projected: frozenset[str] | None
    partitions: dict[str, Partition] = field(default_factory=dict)

    def entry(self, item: Item | None) -> Item | None:
        """Return what the index holds of an item, None if the item is not in it."""
        if item is None or self.hash not in item or (self.range and self.range not in item):
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


class Table:
    """One table. Keys are tuples of texts."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.name: str = definition["TableName"]
        self.hash, self.range = _keys(definition["KeySchema"])
        self.indexes = {
            each["IndexName"]: self._index(each)
            for each in definition.get("GlobalSecondaryIndexes", ())
        }
        self.partitions: dict[str, Partition] = {}
        self.population: Population | None = None

    def _index(self, definition: dict[str, Any]) -> Index:
        hash_key, range_key = _keys(definition["KeySchema"])
        projection = definition["Projection"]
        projected = None
        if projection["ProjectionType"] != "ALL":
            keys = {self.hash, self.range or self.hash, hash_key, range_key or hash_key}
            projected = frozenset(keys | set(projection.get("NonKeyAttributes", ())))
        return Index(definition["IndexName"], hash_key, range_key, projected)

    def key_of(self, item: Item) -> tuple[str, str]:
        """Return hash and range key of an item; the latter is empty if the table has none."""
        return text(item[self.hash]), text(item[self.range]) if self.range else ""

    def get(self, key: tuple[str, str]) -> Item | None:
        partition = self.partitions.get(key[0])
        item = None if partition is None else partition.items.get((key[1],))
        if item is None and self.population is not None:
            return self.population.get(*key)
        return item

    def put(self, key: tuple[str, str], item: Item | None) -> None:
        """Store an item, or remove it if it is None."""
        old = self.get(key) if self.indexes else None
        if item is not None:
            self.partitions.setdefault(key[0], Partition()).put((key[1],), item)
        elif key[0] in self.partitions:
            self.partitions[key[0]].remove((key[1],))
        for index in self.indexes.values():
            was, now = index.entry(old), index.entry(item)
            if was is not None:
                place = text(was[index.hash])
                if place in index.partitions:
                    index.partitions[place].remove(self._place(index, was, key))
            if now is not None:
                partition = index.partitions.setdefault(text(now[index.hash]), Partition())
                partition.put(self._place(index, now, key), now)

    @staticmethod
    def _place(index: Index, entry: Item, key: tuple[str, str]) -> tuple[str, ...]:
        return (text(entry[index.range]) if index.range else "", *key)

    def read(
        self, index_name: str | None, hash_value: str, start: tuple[str, ...]
    ) -> Iterator[Item]:
        """Yield the items of a hash key from a position on, those of the population included."""
        partitions = self.indexes[index_name].partitions if index_name else self.partitions
        stored = partitions[hash_value].after(start) if hash_value in partitions else iter(())
        if self.population is None:
            return stored
        # More than a range key: the place of an item that was the last of the page before.
        lowest = start[0] + "\0" if len(start) > 1 else start[0]
        others = self.population.read(index_name, hash_value, lowest)
        return chain(stored, (item for item in others if not self._is_stored(item)))

    def _is_stored(self, item: Item) -> bool:
        """Return whether a channel of the population was written since."""
        hash_value, range_value = self.key_of(item)
        partition = self.partitions.get(hash_value)
        return partition is not None and (range_value,) in partition.items

    def clear(self) -> None:
        """Remove everything."""
        self.partitions.clear()
        self.population = None
        for index in self.indexes.values():
            index.partitions.clear()


def _keys(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    by_kind = {each["KeyType"]: each["AttributeName"] for each in schema}
    return by_kind["HASH"], by_kind.get("RANGE")
