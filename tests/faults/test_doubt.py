"""Sends whose result is not known: few, bounded, and resent or left as the notification says."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from push.delivery.window import SIZES
from tests.faults.crowd import arrivals, make_crowd, wns_responses
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.backend import Backend

AFTER_ANY_LEASE_S = 400
RAW = {"raw": {"text": "state changed"}}
TOAST = {"toast": {"texts": ["Your turn"]}}


@contextmanager
def killed_before_any_record(game: Backend) -> Iterator[None]:
    """End the sender, as Lambda does, before it records anything."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    records = type(game.handler("notification_sender").records)
    with pytest.MonkeyPatch.context() as killing:
        killing.setattr(records, "record", die)
        killing.setattr(records, "close", die)
        try:
            yield
        except SystemExit:
            return
    raise AssertionError("the sender recorded nothing")


@pytest.mark.parametrize(
    ("notification", "options", "resent"),
    [
        (TOAST, {}, True),
        (TOAST, {"on_doubt": "leave"}, False),
        (RAW, {}, False),
        (RAW, {"on_doubt": "resend"}, True),
    ],
)
def test_sends_of_a_killed_worker_are_resent_or_left_with_a_true_outcome(
    game: Backend, notification: dict[str, Any], options: dict[str, Any], resent: bool
) -> None:
    size, window = 60, SIZES["direct"]
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    game.send_request(crowd.request(notification=notification, options=options))
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")
    with killed_before_any_record(game):
        game.handle("DeliveryQueue", [message])
    sent_before = wns_responses(game.wns)["200"]
    assert 0 < sent_before <= window
    game.advance(AFTER_ANY_LEASE_S)
    game.handle("DeliveryQueue", [message])

    counts = Counter(outcomes(game).values())
    sends = wns_responses(game.wns)["200"]
    if resent:
        assert counts == {"delivered": size}
        assert size < sends <= size + window
    else:
        # The claim allowed these sends; nobody knows which of them were made.
        assert counts == {"delivered": size - window, "unknown": window}
        assert sends == size - window + sent_before


@pytest.mark.parametrize(("notification", "sends"), [(TOAST, 2), (RAW, 1)])
def test_send_whose_response_was_lost_is_resent_or_left(
    game: Backend, notification: dict[str, Any], sends: int
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 1)
    game.wns.fail_next(1, close=True, accepted=True)
    game.send_request(crowd.request(notification=notification))
    game.work()
    game.advance(10)
    game.work()

    assert set(outcomes(game).values()) == {"delivered" if sends == 2 else "unknown"}
    assert sum(wns_responses(game.wns).values()) == sends


@pytest.mark.slow_fault
def test_no_more_than_the_window_is_in_doubt_in_a_whole_batch(
    game: Backend, found: Callable[[str], None]
) -> None:
    """Ten deliveries in one invocation, killed before the first record."""
    size, window = 400, SIZES["bulk"]
    make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=1)
    game.send_request({"app_id": "my-game", "audience": {"everyone": True}, "notification": TOAST})
    game.handle("RequestQueue")
    game.handle("BroadcastQueue")
    deliveries = game.messages("BulkDeliveryQueue")
    with killed_before_any_record(game):
        game.handle("BulkDeliveryQueue", deliveries[:10])
    in_doubt = sum(arrivals(game.wns).values())
    found(f"10 deliveries in a batch, {in_doubt} in doubt at a kill")
    assert 0 < in_doubt <= window
    game.advance(AFTER_ANY_LEASE_S)
    for start in range(0, len(deliveries), 10):
        game.handle("BulkDeliveryQueue", deliveries[start : start + 10])
    game.work()
    notified = arrivals(game.wns)
    assert len(notified) == size
    assert sum(notified.values()) <= size + window
