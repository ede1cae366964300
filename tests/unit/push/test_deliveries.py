"""Deliveries: the queue's form of notifications, and what is left of them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from push.delivery.models import Delivery, RenderedNotification
from push.delivery.queue import read_delivery
from push.errors import MalformedMessageError
from wns.badge import Badge
from wns.notification import Notification, NotificationOptions
from wns.raw import Raw

ID = "0123456789abcdef0123456789abcdef"
URI = "https://cloud.notify.windows.com/?token=CANARY"


def rendered(ttl_seconds: int | None = 600) -> RenderedNotification:
    options = NotificationOptions(ttl_seconds=ttl_seconds, priority=2)
    return RenderedNotification.of(Notification.of(Badge(value=3), options), ttl_seconds)


def delivery(**more: Any) -> Delivery:
    channel = {"player_id": "p", "device_id": "d", "channel_uri": URI, "payload": 0}
    fields: dict[str, Any] = {
        "notification_id": ID,
        "chunk": "0",
        "app_id": "my-game",
        "dispatched_at": 1000,
        "expires_at": 1600,
        "payloads": (rendered(),),
        "channels": (channel,),
    }
    return Delivery.model_validate(fields | more)


def test_message_reads_back_as_the_same_delivery() -> None:
    one = delivery(attempt=2, lane="bulk", not_before=1200)
    assert read_delivery(one.model_dump_json(exclude_defaults=True)) == one


@pytest.mark.parametrize(
    ("ttl_seconds", "life_left_s", "sent"),
    [(600, 600, "600"), (600, 599, "599"), (600, 900, "600"), (0, 50, "0")],
)
def test_ttl_is_what_is_left_and_never_more_than_asked_for(
    ttl_seconds: int, life_left_s: int, sent: str
) -> None:
    assert rendered(ttl_seconds).notification(life_left_s).headers["X-WNS-TTL"] == sent


def test_bytes_that_are_not_text_are_unchanged() -> None:
    body = bytes(range(1, 256))
    raw = Notification.of(Raw(base64=base64.b64encode(body).decode()))
    assert RenderedNotification.of(raw, None).notification(60).body == body


def test_remainder_is_the_same_delivery_one_attempt_later() -> None:
    whole = delivery()
    rest = whole.remainder(whole.channels[:0], attempt=3, not_before=1300)
    assert (rest.notification_id, rest.chunk) == (whole.notification_id, whole.chunk)
    assert (rest.attempt, rest.not_before, rest.channels) == (3, 1300, ())


def test_remainder_is_not_counted_by_the_range_of_the_whole() -> None:
    whole = delivery().model_copy(update={"channels_in_range": 7})
    rest = whole.remainder(whole.channels, attempt=1)
    assert rest.channels_in_range is None
    assert whole.postpone(1300).channels_in_range == 7  # the same channels


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        delivery().model_dump_json().replace('"payload":0', '"payload":1'),
        delivery().model_dump_json().replace('"payload":0', '"payload":-1'),
        delivery().model_dump_json().replace('"chunk":"0"', '"chunk":"../0"'),
        delivery().model_dump_json().replace('"app_id"', '"app"'),
    ],
)
def test_malformed_delivery_is_refused_without_repeating_it(body: str) -> None:
    with pytest.raises(MalformedMessageError) as caught:
        read_delivery(body)
    assert "not a delivery" in str(caught.value)
    assert "CANARY" not in str(caught.value)
