"""A 401 is the token's fault or the channel's; one player's channels never stop an app."""

from __future__ import annotations

import pytest

from push.delivery.token_health import Blame, TokenHealth

NOW = 1_000.0
TOKEN, NEWER = "fingerprint", "newer"


@pytest.fixture
def health() -> TokenHealth:
    known = TokenHealth()
    assert known.usable_at(TOKEN, NOW, in_flight=0) == NOW
    return known


def reject(health: TokenHealth, *players: str, now: float = NOW) -> Blame:
    for player in players:
        blame = health.note_rejection(TOKEN, player, now)
    return blame


def test_token_that_got_another_response_is_alive(health: TokenHealth) -> None:
    health.note_response(TOKEN, NOW)

    assert reject(health, "a", "a", "b", now=NOW + 59) is Blame.CHANNEL
    assert health.usable_at(TOKEN, NOW + 59, in_flight=0) == NOW + 59


@pytest.mark.parametrize("channels", [1, 30])
def test_one_player_never_stops_an_app(health: TokenHealth, channels: int) -> None:
    assert reject(health, *["player"] * channels) is Blame.TOKEN

    assert health.rejected is None
    assert health.usable_at(TOKEN, NOW, in_flight=0) == NOW


def test_token_rejected_for_two_players_and_accepted_for_none_is_not_used(
    health: TokenHealth,
) -> None:
    reject(health, "a", "b")

    assert health.rejected == TOKEN
    assert NOW < health.usable_at(TOKEN, NOW, in_flight=0) <= NOW + 30


def test_late_response_shows_that_a_token_is_alive(health: TokenHealth) -> None:
    """Two bad channels were answered first."""
    reject(health, "a", "b")
    health.note_response(TOKEN, NOW)

    assert health.rejected is None
    assert health.usable_at(TOKEN, NOW, in_flight=0) == NOW


def test_token_revoked_in_the_middle_is_noticed_after_several_players(health: TokenHealth) -> None:
    health.note_response(TOKEN, NOW)

    assert reject(health, "a", "b", "c", "d") is Blame.CHANNEL
    assert reject(health, "e") is Blame.TOKEN
    assert health.rejected == TOKEN


def test_after_the_hold_one_send_tries_the_token_and_each_hold_is_longer(
    health: TokenHealth,
) -> None:
    now, holds = NOW, []
    for _ in range(8):
        reject(health, "a", "b", now=now)
        until = health.usable_at(TOKEN, now, in_flight=0)
        holds.append(until - now)
        now = until
        assert health.usable_at(TOKEN, now, in_flight=0) == now
        assert health.usable_at(TOKEN, now, in_flight=1) > now

    assert holds == sorted(holds)
    assert holds[0] < holds[-1] <= 300


def test_newer_token_starts_anew(health: TokenHealth) -> None:
    reject(health, "a", "b")

    assert health.usable_at(NEWER, NOW, in_flight=0) == NOW
    assert health.rejected is None
    assert health.note_rejection(TOKEN, "c", NOW) is Blame.TOKEN
    assert health.usable_at(NEWER, NOW, in_flight=0) == NOW
