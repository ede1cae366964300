"""The refresher counts what lies in dead-letter queues, and does so apart from refreshing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from push.errors import QueueUnavailableError, TablesUnavailableError
from tests.integration.alarms import emitted
from tests.integration.builders import game_fixture

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(devices={})


def counted(capfd: pytest.CaptureFixture[str]) -> dict[str, float]:
    return {name: sum(values) for (_, name, _), values in emitted(capfd.readouterr().out)}


def test_messages_of_all_queues_are_one_number_and_refused_ones_are_not_in_it(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    for queue in ("RequestDlq", "BroadcastDlq", "DeliveryDlq", "BulkDeliveryDlq", "RefreshDlq"):
        game.put(queue, "{}")
    game.put("RefusedDlq", "{}")
    capfd.readouterr()
    game.refresh()
    assert counted(capfd)["DeadLetters"] == 5


def test_refresh_that_an_event_asks_for_counts_no_dead_letters(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    game.put("RequestDlq", "{}")
    capfd.readouterr()
    event = {"detail-type": "AppCredentialsChanged", "detail": {"app_id": "my-game"}}
    game.invoke("token_refresher", event)
    assert "DeadLetters" not in counted(capfd)


def test_tokens_are_refreshed_while_sqs_fails(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    game.handler("token_refresher")
    game.limits.refused_calls("InternalError", 500, function="token_refresher", service="sqs")
    game.advance(13 * 3600)
    capfd.readouterr()
    with pytest.raises(QueueUnavailableError):  # Lambda tries the run again
        game.refresh()
    assert counted(capfd) == {"AwsFailures": 1, "TokenRefreshed": 1}


def test_dead_letters_are_counted_while_dynamodb_fails(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    game.put("RequestDlq", "{}")
    game.handler("token_refresher")
    game.limits.refused_calls(
        "InternalServerError", 500, function="token_refresher", resource="AppsTable"
    )
    capfd.readouterr()
    with pytest.raises(TablesUnavailableError):
        game.refresh()
    assert counted(capfd) == {"AwsFailures": 1, "DeadLetters": 1}
