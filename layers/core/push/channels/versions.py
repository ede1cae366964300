"""Versions of channels: each registration that is stored makes another one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a channel.

    Attributes:
        generation: unique to a channel from the registration that creates it to its removal.
        revision: counts its registrations.
    """

    generation: str
    revision: int

    @classmethod
    def first(cls) -> Version:
        """Return the version of a new channel."""
        return cls(secrets.token_hex(6), 1)

    @classmethod
    def of_item(cls, item: Mapping[str, Any] | None) -> Version | None:
        """Return the version that an item names, None if it names none."""
        generation, revision = (item or {}).get("generation"), (item or {}).get("revision")
        if not isinstance(generation, str) or revision is None:
            return None
        return cls(generation, int(revision))

    def next(self) -> Version:
        """Return the version that a further registration makes."""
        return Version(self.generation, self.revision + 1)

    def has_reached(self, other: Version) -> bool:
        """Return whether `other` is stored, or was replaced since: it cannot be stored any more."""
        return self.generation == other.generation and self.revision >= other.revision

    def as_item(self) -> dict[str, Any]:
        """Return the attributes that name this version."""
        return {"generation": self.generation, "revision": self.revision}

    def as_values(self) -> dict[str, Any]:
        """Return the values `:generation` and `:revision` of a condition."""
        return {":generation": self.generation, ":revision": self.revision}
