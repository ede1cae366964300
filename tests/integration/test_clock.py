"""Time advances for every handler, or the test fails: a handler has a clock that can be swapped."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from push.apps.token_refresh import TokenRefresher
from tests.integration.clock import Clock, held_by, swap_clock
from tools.template_yaml import functions

if TYPE_CHECKING:
    from tests.integration.backend import Backend

FOLDERS = [each["CodeUri"].removeprefix("functions/") for each in functions().values()]


@pytest.mark.parametrize("function", FOLDERS)
def test_no_handler_keeps_the_machines_clock(backend: Backend, function: str) -> None:
    held = [value for _, _, value in held_by(backend.handler(function))]
    assert not [value for value in held if value is time or value is time.time]


def test_module_without_a_clock_is_an_error() -> None:
    with pytest.raises(LookupError, match="has no clock"):
        swap_clock(ModuleType("functions.new"), Clock())


def test_clock_is_swapped_inside_what_the_module_has_built() -> None:
    @dataclass(frozen=True, slots=True)
    class Outer:
        inner: TokenRefresher

    Outer.__module__ = "push.apps"
    nothing: Any = None
    module, clock = ModuleType("functions.new"), Clock()
    outer = Outer(TokenRefresher(nothing, nothing, nothing, time.time))
    vars(module)["outer"] = outer
    swap_clock(module, clock)
    assert outer.inner.clock == clock.time
