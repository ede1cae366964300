"""A channel whose host does not resolve goes after a few tries, unless no name resolves at all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.crowd import arrivals, make_crowd
from tests.integration.alarms import emitted
from tests.integration.builders import outcomes, point_channel_at
from wns._transport.transfer import Transfer

if TYPE_CHECKING:
    from tests.integration.backend import Backend
    from wns._transport.request import Envelope

DEAD = "dead.notify.windows.com"
NO_NAME = "a" * 64 + ".notify.windows.com"
"""Longer than a name may be, so that it resolves nowhere, and without a question to DNS."""
MOST_TRIES = 5
DAY_S = 24 * 3600


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Let the host DEAD resolve nowhere; count the tries."""
    prepare, tries = Transfer.prepare, Counter[str]()

    def prepare_or_not(
        transfer: Transfer, url: str, envelope: Envelope, body: bytes, proxy: str
    ) -> None:
        if f"//{DEAD}/" in url:
            tries[DEAD] += 1
            url, proxy = url.replace(DEAD, NO_NAME), ""
        prepare(transfer, url, envelope, body, proxy)

    monkeypatch.setattr(Transfer, "prepare", prepare_or_not)
    return tries


def pass_a_day(game: Backend) -> None:
    for step_s in (*[10] * 30, *[900] * (DAY_S // 900)):
        game.work()
        game.advance(step_s)


def let_names_resolve(game: Backend, monkeypatch: pytest.MonkeyPatch, *, resolve: bool) -> None:
    results = game.handler("notification_sender").sender.results
    monkeypatch.setattr(results, "_look_up", lambda: resolve)


@pytest.mark.parametrize("neighbours", [9, 0])
def test_channel_whose_host_does_not_resolve_is_removed_after_few_tries(
    game: Backend,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tries: Counter[str],
    neighbours: int,
) -> None:
    """Also if it is the only one, so that no other host has responded."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), neighbours + 1, devices_per_player=1)
    point_channel_at(game, "p0", "p0", f"https://{DEAD}/?token=x")
    let_names_resolve(game, monkeypatch, resolve=True)
    game.send_request(crowd.request())
    capfd.readouterr()
    pass_a_day(game)
    counted = Counter[str]()
    for (_, name, _), values in emitted(capfd.readouterr().out):
        counted[name] += int(sum(values))
    assert tries[DEAD] == MOST_TRIES
    assert (counted["Unavailable"], counted["ChannelGone"]) == (MOST_TRIES - 1, 1)
    assert outcomes(game)["p0#p0#toast"] == "channel_gone"
    assert {channel["sk"] for channel in game.channels()} == crowd.once_each.keys() - {"p0"}
    assert arrivals(game.wns) == crowd.once_each - Counter(["p0"])


def test_channel_stays_while_no_name_resolves(
    game: Backend, monkeypatch: pytest.MonkeyPatch, tries: Counter[str]
) -> None:
    """Our own DNS has failed for an hour."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 1)
    (uri,) = crowd.uris
    point_channel_at(game, "p0", "p0", f"https://{DEAD}/?token=x")
    let_names_resolve(game, monkeypatch, resolve=False)
    game.send_request(crowd.request())
    for _ in range(12):
        game.work()
        game.advance(300)
    assert tries[DEAD] > MOST_TRIES
    assert len(game.channels()) == 1
    point_channel_at(game, "p0", "p0", uri)
    game.advance(900)
    game.work()
    assert arrivals(game.wns) == crowd.once_each
