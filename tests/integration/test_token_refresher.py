"""The refresher: due tokens renewed, rejected ones at once, one failing app hinders no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import CLIENT_SECRET, PACKAGE_SID, STACK
from wns.oauth import AccessToken

if TYPE_CHECKING:
    from tests.integration.backend import Backend


@pytest.fixture
def game(backend: Backend) -> Backend:
    backend.open_app()
    return backend


def token(game: Backend, app_id: str = "my-game") -> dict[str, Any]:
    name = f"{STACK}/apps/{app_id}/access-token"
    stored: dict[str, Any] = json.loads(
        game.secrets.get_secret_value(SecretId=name)["SecretString"]
    )
    return stored


def rejected(fingerprint: str | None) -> dict[str, Any]:
    return {
        "detail-type": "AccessTokenRejected",
        "source": "windows-push-backend",
        "detail": {"app_id": "my-game", "fingerprint": fingerprint},
    }


def fingerprint(game: Backend) -> str:
    return AccessToken(**token(game)).fingerprint


def token_requests(game: Backend) -> int:
    return sum(n for name, n in game.wns.request_counts().items() if name.startswith("token"))


def test_token_lives_a_day(game: Backend) -> None:
    stored = token(game)
    assert stored["expires_at"] - stored["obtained_at"] == 86_400


def test_fresh_token_is_left_alone(game: Backend) -> None:
    before = token(game)
    game.advance(11 * 3600)
    assert game.refresh() == {"my-game": "fresh"}
    assert token(game) == before


def test_token_past_half_its_life_is_renewed(game: Backend) -> None:
    before = token(game)
    game.advance(12 * 3600 + 1)
    assert game.refresh() == {"my-game": "refreshed"}
    assert token(game)["value"] != before["value"]


def test_renewal_goes_on_day_after_day(game: Backend) -> None:
    for _ in range(6):
        game.advance(12 * 3600 + 1)
        assert game.refresh() == {"my-game": "refreshed"}


def test_failing_app_hinders_no_other_and_keeps_its_old_token(game: Backend) -> None:
    game.open_app("other-game")
    settings = {"name": "New", "token_audiences": ["windows-game"]}
    game.call_as_operator("PUT", "/apps/new-game", settings)
    before = token(game)
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret="rotated")
    game.secrets.put_secret_value(
        SecretId=f"{STACK}/apps/other-game/credentials",
        SecretString=json.dumps(
            {
                "identity": "package_sid",
                "package_sid": PACKAGE_SID,
                "client_secret": "rotated",
            }
        ),
    )
    game.advance(13 * 3600)
    assert game.refresh() == {
        "my-game": "failed",
        "other-game": "refreshed",
        "new-game": "no_credentials",
    }
    assert token(game) == before


def test_failed_refresh_is_tried_again_at_the_next_run(game: Backend) -> None:
    game.advance(13 * 3600)
    game.wns.fail_next(1, endpoint="token", code=503)
    assert game.refresh() == {"my-game": "failed"}
    assert game.refresh() == {"my-game": "refreshed"}


def test_switched_off_app_is_left_alone(game: Backend) -> None:
    settings = {"name": "My Game", "token_audiences": ["windows-game"], "enabled": False}
    game.call_as_operator("PUT", "/apps/my-game", settings)
    game.advance(13 * 3600)
    assert game.refresh() == {}


def test_rejected_token_is_renewed_at_once(game: Backend) -> None:
    game.advance(700)
    before = token(game)
    event = rejected(fingerprint(game))
    assert game.invoke("token_refresher", event) == {"my-game": "refreshed"}
    assert token(game)["value"] != before["value"]


def test_token_that_replaced_the_rejected_one_already_stays(game: Backend) -> None:
    game.advance(700)
    assert game.invoke("token_refresher", rejected("0123456789ab")) == {"my-game": "fresh"}


def test_rejected_token_is_renewed_once_in_ten_minutes_at_most(game: Backend) -> None:
    game.advance(700)
    for _ in range(5):
        game.invoke("token_refresher", rejected(fingerprint(game)))
    assert token_requests(game) == 3  # proving the credentials, the first token, one renewal


def test_missing_token_is_fetched_when_the_sender_asks(game: Backend) -> None:
    name = f"{STACK}/apps/my-game/access-token"
    game.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert game.invoke("token_refresher", rejected(None)) == {"my-game": "refreshed"}
    assert token(game)["value"]


def test_no_secret_or_token_is_logged(game: Backend, capfd: pytest.CaptureFixture[str]) -> None:
    game.advance(13 * 3600)
    game.refresh()
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret="rotated")
    game.advance(13 * 3600)
    assert game.refresh() == {"my-game": "failed"}
    said = "".join(capfd.readouterr())
    assert "TokenRefreshFailed" in said
    assert CLIENT_SECRET not in said
    assert token(game)["value"] not in said
