"""The declaration of a control: its name, arguments, result and effect, stated once.

A control is a method of a `ControlGroup`, marked `@control` or `@query`. Its body runs in the
emulator, where `self` has the state. Called on a client, the same method sends its name and
arguments to the emulator instead; the HTTP API is made from the same declarations.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, validate_call

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from local.wns_emulator.state.core import Core

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Control:
    """One control; `run` validates its arguments and has the effect."""

    method: Callable[..., Any]
    run: Callable[..., Any]
    parameters: tuple[str, ...]
    is_query: bool

    @functools.cached_property
    def result(self) -> TypeAdapter[Any]:
        """The type of the result, to read it from JSON."""
        return TypeAdapter(get_type_hints(self.method)["return"])


CONTROLS: dict[str, Control] = {}
"""Every control, by its name."""


class ControlGroup(ABC):
    """Some controls. `_core` and `_addresses` exist in the emulator only."""

    _core: Core
    _addresses: dict[str, str]

    @abstractmethod
    def call(self, name: str, /, **arguments: Any) -> Any:
        """Run the control of that name.

        Raises:
            ControlError: an unknown control, invalid arguments, or a refusal by the control.
        """


def control(method: Callable[P, R]) -> Callable[P, R]:
    """Declare a control that changes something."""
    return _declare(method, is_query=False)


def query(method: Callable[P, R]) -> Callable[P, R]:
    """Declare a control that only reads."""
    return _declare(method, is_query=True)


def long_poll(method: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Declare a query whose body is a coroutine; callers block until it returns."""
    return _declare(cast("Callable[P, R]", method), is_query=True)


def _declare(method: Callable[P, R], *, is_query: bool) -> Callable[P, R]:
    name = method.__name__
    signature = inspect.signature(method)
    parameters = tuple(signature.parameters)[1:]
    CONTROLS[name] = Control(method, validate_call(method), parameters, is_query)

    @functools.wraps(method)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        bound = signature.bind(*arguments, **named)
        group, *positional = bound.args
        by_name = dict(zip(parameters, positional, strict=False))
        return cast("R", group.call(name, **by_name, **bound.kwargs))

    return call
