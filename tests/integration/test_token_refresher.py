"""The refresher: due tokens renewed, rejected ones at once, one failing app hinders no other."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import CLIENT_SECRET, PACKAGE_SID, STACK
from tests.integration.builders import (
    CREDENTIALS,
    game_fixture,
    intercept_aws_calls,
    open_app,
    put_app,
    requests_to_wns,
)
from wns.access_token import AccessToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend


game = game_fixture()


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
    stored = token(game)
    del stored["credentials_version"]
    return AccessToken(**stored).fingerprint


def changed(app_id: str = "my-game") -> dict[str, Any]:
    return {
        "detail-type": "AppCredentialsChanged",
        "source": "windows-push-backend",
        "detail": {"app_id": app_id},
    }


def metric(capfd: pytest.CaptureFixture[str], name: str) -> float:
    """What was last counted under a name, 0 if nothing was."""
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if name in line]
    return float(lines[-1][name][0]) if lines else 0.0


def test_token_lives_a_day(game: Backend) -> None:
    stored = token(game)
    assert stored["expires_at"] - stored["obtained_at"] == 86_400


def test_fresh_token_is_not_renewed(game: Backend) -> None:
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


def test_failing_app_blocks_no_other_and_keeps_its_old_token(game: Backend) -> None:
    open_app(game, "other-game")
    put_app(game, "new-game")
    before = token(game)
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret="rotated")
    game.secrets.put_secret_value(
        SecretId=f"{STACK}/apps/other-game/credentials",
        SecretString=json.dumps(CREDENTIALS | {"client_secret": "rotated"}),
    )
    game.advance(13 * 3600)
    assert game.refresh() == {
        "my-game": "failed",
        "other-game": "refreshed",
        "new-game": "no_credentials",
    }
    assert token(game) == before


def test_failed_refresh_is_retried_at_the_next_run(game: Backend) -> None:
    game.advance(13 * 3600)
    game.wns.fail_next(1, endpoint="token", code=503)
    assert game.refresh() == {"my-game": "failed"}
    game.advance(900)
    assert game.refresh() == {"my-game": "refreshed"}


def test_failing_endpoint_is_asked_once_a_minute_at_most(game: Backend) -> None:
    game.advance(13 * 3600)
    before = requests_to_wns(game, "token")
    game.wns.fail_share(1.0, endpoint="token", code=503)
    assert game.refresh() == {"my-game": "failed"}
    for _ in range(5):
        assert game.invoke("token_refresher", rejected(fingerprint(game))) == {
            "my-game": "elsewhere"
        }
    game.advance(61)
    assert game.invoke("token_refresher", rejected(fingerprint(game))) == {"my-game": "failed"}
    assert requests_to_wns(game, "token") == before + 2


@pytest.mark.parametrize("damage", ["not JSON", "[]", "{}", '{"identity": "package_sid"}'])
def test_damaged_credentials_fail_their_app_alone(game: Backend, damage: str) -> None:
    open_app(game, "other-game")
    game.secrets.put_secret_value(SecretId=f"{STACK}/apps/my-game/credentials", SecretString=damage)
    game.advance(13 * 3600)
    assert game.refresh() == {"my-game": "failed", "other-game": "refreshed"}


@pytest.mark.parametrize("damage", ["not JSON", "[]", "{}", '{"credentials_version": "1"}'])
def test_damaged_token_is_replaced(game: Backend, damage: str) -> None:
    game.secrets.put_secret_value(
        SecretId=f"{STACK}/apps/my-game/access-token", SecretString=damage
    )
    assert game.refresh() == {"my-game": "refreshed"}
    assert token(game)["value"]


def test_switched_off_app_is_skipped(game: Backend) -> None:
    put_app(game, enabled=False)
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
    assert (
        requests_to_wns(game, "token") == 3
    )  # proving the credentials, the first token, one renewal


def test_valid_token_stays_if_the_sender_had_not_seen_it(game: Backend) -> None:
    game.advance(700)
    assert game.invoke("token_refresher", rejected(None)) == {"my-game": "fresh"}


def test_expired_token_is_renewed_when_the_sender_requests_it(game: Backend) -> None:
    game.advance(25 * 3600)
    assert game.invoke("token_refresher", rejected(None)) == {"my-game": "refreshed"}


def test_event_about_an_unknown_app_is_harmless(game: Backend) -> None:
    assert game.invoke("token_refresher", changed("no-app")) == {"no-app": "no_credentials"}


def test_new_credentials_bring_a_token_at_once(backend: Backend) -> None:
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    put_app(backend)
    assert backend.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)[0] == 204
    (event,) = [json.loads(message["Body"]) for message in backend.messages("own-events")]
    assert event["detail-type"] == "AppCredentialsChanged"
    assert backend.invoke("token_refresher", event) == {"my-game": "refreshed"}
    assert token(backend)["value"]


def test_rotated_credentials_replace_a_fresh_token_once(game: Backend) -> None:
    before = token(game)
    assert game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)[0] == 204
    assert token(game) == before  # it serves until the new one is there
    game.advance(2)
    assert game.invoke("token_refresher", changed()) == {"my-game": "refreshed"}
    assert token(game)["value"] != before["value"]
    assert game.invoke("token_refresher", changed()) == {"my-game": "fresh"}


def test_schedule_makes_up_for_a_lost_event_about_new_credentials(game: Backend) -> None:
    game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    assert game.refresh() == {"my-game": "fresh"}  # the token was written a moment ago
    game.advance(900)
    assert game.refresh() == {"my-game": "refreshed"}


def test_new_credentials_do_not_wait_for_a_failing_refresh(game: Backend) -> None:
    game.advance(13 * 3600)
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret="rotated")
    assert game.refresh() == {"my-game": "failed"}
    new = CREDENTIALS | {"client_secret": "rotated"}
    assert game.call_as_operator("PUT", "/apps/my-game/credentials", new)[0] == 204
    assert game.invoke("token_refresher", changed()) == {"my-game": "refreshed"}


def test_two_hundred_senders_at_once_bring_one_token_request(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.advance(700)
    refresher, stale = game.handler("token_refresher").refresher, fingerprint(game)
    before = requests_to_wns(game, "token")
    game.wns.fail_share(1.0, endpoint="token", delay=0.2)
    one_at_a_time = Lock()  # each call of AWS is atomic there; moto's are not

    def call_alone(call: Callable[[], Any], *_: object) -> Any:
        with one_at_a_time:
            return call()

    intercept_aws_calls(monkeypatch, call_alone)
    with ThreadPoolExecutor(50) as senders:
        asked = [senders.submit(refresher.refresh_rejected, "my-game", stale) for _ in range(200)]
    statuses = Counter(each.result().status for each in asked)
    assert requests_to_wns(game, "token") == before + 1
    assert statuses["refreshed"] == 1
    assert statuses["refreshed"] + statuses["elsewhere"] + statuses["fresh"] == 200


def test_refresher_that_died_blocks_its_successor_for_a_minute(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    game.advance(700)
    with monkeypatch.context() as killing:
        killing.setattr("push.apps.token_refresh.request_access_token", die)
        with pytest.raises(SystemExit):
            game.handler("token_refresher").refresher.refresh_rejected("my-game", fingerprint(game))
    event = rejected(fingerprint(game))
    assert game.invoke("token_refresher", event) == {"my-game": "elsewhere"}
    game.advance(61)
    assert game.invoke("token_refresher", event) == {"my-game": "refreshed"}


@pytest.mark.parametrize(("hours", "near"), [(21.9, 0), (22.1, 1), (25, 1)])
def test_app_within_two_hours_of_expiry_is_counted(
    game: Backend, capfd: pytest.CaptureFixture[str], hours: float, near: int
) -> None:
    game.advance(hours * 3600)
    game.wns.fail_share(1.0, endpoint="token", code=503)
    capfd.readouterr()
    game.refresh()
    assert metric(capfd, "TokensNearExpiry") == near


def test_refreshed_app_is_not_near_expiry(game: Backend, capfd: pytest.CaptureFixture[str]) -> None:
    put_app(game, "no-credentials-yet")
    game.advance(23 * 3600)
    game.refresh()
    assert metric(capfd, "TokensNearExpiry") == 0


def test_missing_token_is_fetched_when_the_sender_requests_it(game: Backend) -> None:
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
