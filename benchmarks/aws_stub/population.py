"""A population of channels that is made when it is read, so that a million take no memory.

A prototype, which the real `channels_api` has written, is repeated for each player with the
player's number in place of its own. So what is generated always has the present shape.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from push.channels.keys import SHARDS, shard_of
from tests.aws_limits.sizes import item_size, text_size

if TYPE_CHECKING:
    from collections.abc import Iterator


DIGITS = 8
PROTOTYPE_PLAYER = "player-" + "9" * DIGITS


def player_id(number: int) -> str:
    """Return the id of a player of the population."""
    return f"player-{number:0{DIGITS}}"


class Alike(dict[str, Any]):
    """A channel of a population, which is like all others but for a few attributes.

    Attributes:
        bytes: its size.
        varying: names of the attributes in which it differs from others.
    """

    bytes: int
    varying: frozenset[str]


class Population:
    """Channels of players 0 to `count - 1`, one device each.

    Args:
        prototype: the channel of PROTOTYPE_PLAYER, as stored.
        index: name, hash key and range key of the index by shard.
    """

    def __init__(
        self, prototype: dict[str, Any], index: tuple[str, str, str], key: tuple[str, str],
        count: int,
    ) -> None:  # fmt: skip
        self._common = dict(prototype)
        self._of_player = {
            name: value["S"]
            for name, value in prototype.items()
            if PROTOTYPE_PLAYER in json.dumps(value)
        }
        self._index, self._index_hash, self._index_range = index
        self._hash, self._range = key
        app, _, _ = str(prototype[self._hash]["S"]).partition("#")
        self._app = app
        self._device = str(prototype[self._range]["S"])
        self._ends = str(prototype[self._index_range]["S"]).partition(PROTOTYPE_PLAYER)[2]
        self._count = count
        self._varying = frozenset({*self._of_player, self._index_hash})
        self._bytes = item_size(prototype) - text_size(prototype[self._index_hash]["S"])
        self._shards: dict[str, list[int]] = {}
        for number in range(count):
            shard = f"{app}#{shard_of(player_id(number), SHARDS)}"
            self._shards.setdefault(shard, []).append(number)

    def get(self, hash_value: str, range_value: str) -> Alike | None:
        """Return the channel with a key of the table."""
        app, _, player = hash_value.partition("#")
        digits = player.removeprefix("player-")
        known = app == self._app and range_value == self._device and len(digits) == DIGITS
        if not known or not digits.isdigit() or int(digits) >= self._count:
            return None
        return self._make(int(digits), f"{app}#{shard_of(player, SHARDS)}")

    def read(self, index: str | None, hash_value: str, start: str) -> Iterator[Alike]:
        """Yield channels from a sort key on: of a shard, or of a player if `index` is None."""
        if index is None:
            found = self.get(hash_value, self._device) if start <= self._device else None
            return iter(() if found is None else (found,))
        if index != self._index:
            return iter(())
        return self._of_shard(hash_value, start)

    def _of_shard(self, shard: str, start: str) -> Iterator[Alike]:
        numbers = self._shards.get(shard, [])
        first = bisect_left(numbers, start, key=lambda number: player_id(number) + self._ends)
        for at in range(first, len(numbers)):
            yield self._make(numbers[at], shard)

    def _make(self, number: int, shard: str) -> Alike:
        # Values are shared: what changes an item copies it (`items.updated`).
        player, item = player_id(number), Alike(self._common)
        for name, text in self._of_player.items():
            item[name] = {"S": text.replace(PROTOTYPE_PLAYER, player)}
        item[self._index_hash] = {"S": shard}
        item.bytes, item.varying = self._bytes + text_size(shard), self._varying
        return item
