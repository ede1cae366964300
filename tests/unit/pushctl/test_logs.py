"""`pushctl logs` shows of a line about a whole batch what is about the id that was asked for."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

from pushctl.client.logs import search_logs

IDS = [f"{number:032x}" for number in range(10)]


def fields_of(text: str | None, **fields: Any) -> dict[str, Any]:
    """Return the fields of a line that a search for a text finds."""
    stack = Mock()
    stack.having.return_value = {"Dispatcher": "a-group"}
    line = {"level": "INFO", "message": "requests dispatched", "service": "dispatcher"} | fields
    event = {"timestamp": 1_790_000_000_000, "message": json.dumps(line)}
    stack.client.return_value.get_paginator.return_value.paginate.return_value = [
        {"events": [event]}
    ]
    (found,) = search_logs(stack, text).lines
    return found.fields


def test_line_of_a_batch_shows_the_id_that_was_asked_for() -> None:
    assert fields_of(IDS[3], notification_ids=IDS, app_id="my-game") == {
        "notification_ids": [IDS[3]],
        "app_id": "my-game",
    }


def test_delivery_is_found_by_the_id_of_its_notification() -> None:
    deliveries = [f"{each}#0" for each in IDS]
    assert fields_of(IDS[3], deliveries=deliveries) == {"deliveries": [f"{IDS[3]}#0"]}


def test_line_that_matches_elsewhere_or_is_one_of_all_is_shown_whole() -> None:
    assert fields_of("my-game", notification_ids=IDS, app_id="my-game")["notification_ids"] == IDS
    assert fields_of(None, notification_ids=IDS)["notification_ids"] == IDS
