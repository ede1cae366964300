"""WNS rejects every access token for longer than a notification lives: it expires, and people are
told meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.integration.alarms import Watch
from tests.integration.builders import game_fixture, outcomes, request, requests_to_wns

if TYPE_CHECKING:
    import pytest

    from tests.integration.backend import Backend

game = game_fixture(devices={"pc-1": "player-1", "pc-2": "player-2"})
LIFE_S = 1800


def test_notification_that_no_token_serves_expires_and_an_alarm_rings(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    game.wns.fail_share(1.0, code=401)
    game.send_request(request("player-1", "player-2", options={"ttl_seconds": LIFE_S}))
    watch = Watch(game, capfd, "AccessTokensUnusable")
    rang, refreshed = False, 0
    while watch.periods * watch._period_s < LIFE_S + 1800:
        game.work()
        for message in game.messages("own-events"):
            result = game.invoke("token_refresher", json.loads(message["Body"]))
            refreshed += result == {"my-game": "refreshed"}
        watch.end_period()
        rang |= watch.rings
    assert outcomes(game) == {f"player-{n}#pc-{n}#toast": "expired" for n in (1, 2)}
    assert requests_to_wns(game) <= 2 * (1 + refreshed)  # each token once for each recipient
    assert rang
    assert game.messages("DeliveryDlq") == []
