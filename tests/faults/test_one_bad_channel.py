"""One channel that WNS does not serve holds up none of its neighbours."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.crowd import arrivals, make_crowd, wns_responses
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from tests.integration.backend import Backend

SIZE = 200


def test_channel_that_answers_401_holds_up_no_neighbour(game: Backend) -> None:
    """Any player can register one, such as a browser's endpoint."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), SIZE)
    bad = "p42"
    game.wns.fail_share(1.0, code=401, channel=_uri(crowd, bad))
    game.send_request(crowd.request())

    game.work()

    expected = crowd.once_each - Counter([bad])
    assert arrivals(game.wns) == expected
    assert [game.messages("own-events"), wns_responses(game.wns)["401"]] == [[], 1]


@pytest.mark.parametrize("lonely", [1, 3])
def test_bad_channel_in_a_batch_of_its_own_stops_no_later_batch(game: Backend, lonely: int) -> None:
    game.advance(120)  # nothing has been sent for a while: nobody knows the token to be alive
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), SIZE, devices_per_player=1)
    bad = crowd.players[0]
    game.wns.fail_share(1.0, code=401, channel=crowd.devices[bad][bad])
    for number in range(lonely):
        game.send_request(crowd.request(audience={"players": [bad]}, request_id=f"bad-{number}"))
        game.work()

    game.send_request(crowd.request(audience={"players": crowd.players[1:]}, request_id="others"))
    game.work()

    assert arrivals(game.wns) == crowd.once_each - Counter([bad])


def test_channel_that_rejects_two_tokens_that_others_accept_is_removed(game: Backend) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 20, devices_per_player=1)
    bad = "p7"
    others = [player for player in crowd.players if player != bad]
    game.wns.fail_share(1.0, code=401, channel=_uri(crowd, bad))
    for number in range(2):
        # The others first, so that the token is known to be good when the bad one rejects it.
        for name, players in (("others", others), ("bad", [bad])):
            audience = {"players": players}
            game.send_request(crowd.request(request_id=f"{name}-{number}", audience=audience))
            game.work()
        assert (bad in {channel["sk"] for channel in game.channels()}) is (number == 0)
        if number == 0:
            game.advance(13 * 3600)
            assert game.refresh() == {"my-game": "refreshed"}

    game.advance(900)
    game.work()
    assert outcomes(game)[f"{bad}#{bad}#toast"] == "removed"
    assert len(game.channels()) == 19


def test_retry_after_of_one_channel_is_waited_for_by_that_channel_only(game: Backend) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 10)
    throttled, failing = crowd.uris[0], crowd.uris[1:6]
    game.wns.throttle_channel(throttled, seconds=3600, retry_after=3600)
    for uri in failing:
        game.wns.fail_next(1, code=503, channel=uri)
    game.send_request(crowd.request())
    game.work()
    assert sum(arrivals(game.wns).values()) == 4

    game.advance(10)  # the back-off after one failure is at most 5 s
    game.work()

    assert sum(arrivals(game.wns).values()) == 9
    game.advance(3600)
    for _ in range(5):
        game.work()
        game.advance(900)
    assert arrivals(game.wns) == crowd.once_each
    assert wns_responses(game.wns)["200"] == 10 + 1  # the throttled one was tried once too early


def test_notifications_of_a_four_minute_token_incident_are_delivered(game: Backend) -> None:
    """WNS rejects every token, and no newer one is stored."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), SIZE)
    game.wns.fail_share(1.0, code=401)
    game.send_request(crowd.request())
    for _ in range(8):
        game.work()
        for message in game.messages("own-events"):
            game.invoke("token_refresher", json.loads(message["Body"]))
        game.advance(30)
    rejected = wns_responses(game.wns)["401"]
    assert rejected <= SIZE
    assert arrivals(game.wns) == {}
    game.wns.clear_faults()
    # No recipient is sent to with a token that was rejected for it.
    game.advance(600)
    assert game.refresh().keys() == {"my-game"}
    game.advance(13 * 3600)
    assert game.refresh() == {"my-game": "refreshed"}
    for _ in range(3):
        game.work()
        game.advance(901)
    game.work()

    assert arrivals(game.wns) == crowd.once_each
    assert set(outcomes(game).values()) == {"delivered"}


def _uri(crowd: object, device: str) -> str:
    devices: dict[str, dict[str, str]] = crowd.devices  # type: ignore[attr-defined]
    return next(uris[device] for uris in devices.values() if device in uris)
