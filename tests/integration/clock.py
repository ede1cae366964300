"""A clock that tests can advance, in place of the machine's in a handler."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_OWN_PACKAGES = ("functions.", "push.", "wns.")


class Clock:
    """Stands in for the module `time`: the machine's time, and what was advanced."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def swap_clock(module: ModuleType, clock: Clock) -> None:
    """Give a handler another clock: for the module `time` and for the function `time.time`, in the
    module itself and in every object that it has built of the project's own classes.

    Raises:
        LookupError: the module has no clock, so advancing the time would not reach it.
    """
    replacements = {id(time): clock, id(time.time): clock.time}
    found = [each for each in held_by(module) if id(each[2]) in replacements]
    if not found:
        raise LookupError(f"{module.__name__} has no clock: it neither imports nor holds `time`")
    for holder, name, value in found:
        replace_attribute(holder, name, replacements[id(value)])


def held_by(holder: Any, seen: set[int] | None = None) -> Iterator[tuple[Any, str, Any]]:
    """Yield holder, attribute and value of whatever a handler's module and its objects hold."""
    seen = set() if seen is None else seen
    if id(holder) in seen:
        return
    seen.add(id(holder))
    for name, value in _attributes(holder).items():
        yield holder, name, value
        for each in value.values() if isinstance(value, dict) else [value]:
            if type(each).__module__.startswith(_OWN_PACKAGES):
                yield from held_by(each, seen)


def replace_attribute(holder: Any, name: str, value: Any) -> None:
    """Set an attribute, even one of a frozen dataclass."""
    object.__setattr__(holder, name, value)


def _attributes(holder: Any) -> dict[str, Any]:
    slots = [name for kind in type(holder).__mro__ for name in getattr(kind, "__slots__", ())]
    held = {name: getattr(holder, name) for name in slots if hasattr(holder, name)}
    return held | dict(getattr(holder, "__dict__", {}))
