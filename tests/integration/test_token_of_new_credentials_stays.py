"""A refresh that began with old credentials never replaces the token of new ones, whichever of the
two finishes first."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import STACK
from tests.integration.builders import APP_PATH, CREDENTIALS, game_fixture
from wns.oauth import request_access_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture()

TIMEOUT_S = 20


def current(game: Backend, kind: str) -> dict[str, Any]:
    answer = game.secrets.get_secret_value(SecretId=f"{STACK}/apps/my-game/{kind}")
    return {"version": answer["VersionId"], **json.loads(answer["SecretString"])}


def token_is_of_current_credentials(game: Backend) -> bool:
    return bool(
        current(game, "access-token")["credentials_version"]
        == current(game, "credentials")["version"]
    )


class Held:
    """A refresh in a thread that stops when its token has arrived, until it is released."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor, refresh: Callable[[], Any]
    ) -> None:
        self._release, arrived = Event(), Event()

        def hold(*arguments: Any) -> Any:
            token = request_access_token(*arguments)
            arrived.set()
            assert self._release.wait(TIMEOUT_S)
            return token

        with monkeypatch.context() as holding:
            holding.setattr("push.apps.token_refresh.request_access_token", hold)
            self._running = pool.submit(refresh)
            assert arrived.wait(TIMEOUT_S)

    def finish(self) -> str:
        self._release.set()
        result = self._running.result(TIMEOUT_S)
        return str(result[0].status if isinstance(result, list) else result.status)


@pytest.mark.parametrize("first", ["older", "newer"])
def test_token_of_the_newer_credentials_is_stored_in_the_end(
    game: Backend, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    game.advance(13 * 3600)
    refresher = game.handler("token_refresher").refresher
    with ThreadPoolExecutor(2) as pool:
        older = Held(monkeypatch, pool, refresher.refresh_due)
        assert game.call_as_operator("PUT", f"{APP_PATH}/credentials", CREDENTIALS)[0] == 204
        newer = Held(monkeypatch, pool, lambda: refresher.refresh_changed("my-game"))
        for each in (older, newer) if first == "older" else (newer, older):
            each.finish()
    assert token_is_of_current_credentials(game)


def test_refresh_that_another_one_overtook_requests_no_second_token(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.advance(13 * 3600)
    refresher = game.handler("token_refresher").refresher
    with ThreadPoolExecutor(2) as pool:
        first = Held(monkeypatch, pool, refresher.refresh_due)
        game.advance(61)  # its lease ends
        second = Held(monkeypatch, pool, refresher.refresh_due)
        assert second.finish() == "refreshed"
        stored = current(game, "access-token")
        before = game.wns.request_counts()
        assert first.finish() == "fresh"
    assert current(game, "access-token") == stored
    assert game.wns.request_counts() == before


def test_refresh_that_outlives_its_app_stores_no_secret(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.advance(13 * 3600)
    refresher = game.handler("token_refresher").refresher
    with ThreadPoolExecutor(1) as pool:
        late = Held(monkeypatch, pool, refresher.refresh_due)
        assert game.call_as_operator("DELETE", APP_PATH) == (204, None)
        assert late.finish() == "no_credentials"
    assert game.secrets.list_secrets()["SecretList"] == []
