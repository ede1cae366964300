"""While Secrets Manager cannot be used, the sender goes on with the tokens that it holds, the
refresher and the operator's routes say so, and nothing breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.integration.backend import CLIENT_SECRET
from tests.integration.builders import (
    CREDENTIALS,
    game_fixture,
    intercept_aws_calls,
    request,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

UNREACHABLE = "unreachable"
CODES = ("ThrottlingException", "AccessDeniedException", "InternalServiceError")
game = game_fixture(devices={"pc": "player-1"})


class Outage:
    """Makes Secrets Manager fail, as long as it is on."""

    is_on = False


@pytest.fixture(params=[UNREACHABLE, *CODES])
def outage(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Outage:
    outage = Outage()

    def fail(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        if not outage.is_on or client.meta.service_model.service_name != "secretsmanager":
            return call()
        if request.param == UNREACHABLE:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")
        error = {"Error": {"Code": request.param, "Message": str(arguments)}}
        raise client.exceptions.from_code(request.param)(error, operation)

    intercept_aws_calls(monkeypatch, fail)
    return outage


def toasts(game: Backend) -> int:
    return len(texts(game, "pc"))


def test_sender_continues_with_the_cached_token(game: Backend, outage: Outage) -> None:
    game.send_request(request("player-1"))
    game.work()
    outage.is_on = True
    for count in (2, 3):
        game.advance(120)
        game.send_request(request("player-1"))
        game.work()
        assert toasts(game) == count


def test_expired_token_is_not_sent(game: Backend, outage: Outage) -> None:
    game.send_request(request("player-1"))
    game.work()
    outage.is_on = True
    game.advance(25 * 3600)
    game.send_request(request("player-1"))
    game.work()
    assert toasts(game) == 1
    assert {each["status"] for each in game.wns.requests(endpoint="notify")} == {200}


def test_sender_without_a_token_sends_once_it_can_be_read(game: Backend, outage: Outage) -> None:
    outage.is_on = True
    game.send_request(request("player-1"))
    game.work()
    assert toasts(game) == 0
    outage.is_on = False
    game.advance(60)
    game.work()
    assert toasts(game) == 1


def test_refresher_counts_the_app_as_failed(game: Backend, outage: Outage) -> None:
    game.advance(13 * 3600)
    outage.is_on = True
    assert game.refresh() == {"my-game": "failed"}


def test_operator_gets_503(game: Backend, outage: Outage) -> None:
    outage.is_on = True
    status, answer = game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    assert (status, answer["error"]["code"]) == (503, "unavailable")
    assert CLIENT_SECRET not in str(answer)
    status, answer = game.call_as_operator("DELETE", "/apps/my-game")
    assert (status, answer["error"]["code"]) == (503, "unavailable")


@pytest.mark.parametrize("outage", ["InvalidRequestException"], indirect=True)
def test_secret_that_is_being_deleted_counts_as_missing(game: Backend, outage: Outage) -> None:
    game.advance(13 * 3600)
    outage.is_on = True
    assert game.refresh() == {"my-game": "no_credentials"}
    status, answer = game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    assert (status, answer["error"]["code"]) == (409, "conflict")
