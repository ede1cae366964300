"""The argument of a tracked toast is read in both styles of arguments."""

from __future__ import annotations

import pytest

from local.devices.interactions import interaction_of


@pytest.mark.parametrize(
    "arguments", ["_push=n.0", "a=b&_push=n.0", "a=b;c=d;_push=n.0", "_push=n.0&a=b"]
)
def test_argument_is_found_in_both_styles(arguments: str) -> None:
    assert interaction_of("opened", arguments, {}) == {"notification": "n.0", "kind": "opened"}


def test_action_has_its_arguments_and_what_was_typed() -> None:
    arguments = "action=reply&_push=n.0"
    assert interaction_of("action", arguments, {"message": "On!"}) == {
        "notification": "n.0",
        "kind": "action",
        "action": arguments,
        "inputs": {"message": "On!"},
    }


@pytest.mark.parametrize("arguments", ["", "a=b", "my_push=n.0", "dismiss"])
def test_toast_that_is_not_tracked_is_not_reported(arguments: str) -> None:
    assert interaction_of("opened", arguments, {}) is None
