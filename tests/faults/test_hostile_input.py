"""Malformed and malicious requests and deliveries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.backend import sqs_event
from tests.integration.builders import APP, TOAST, dead_letter_reason, open_channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

SECRET = "Zm9yYmlkZGVu"
URI = f"https://wns2-by3p.notify.windows.com/?token={SECRET}"
EXAMPLES = 200

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from(["1", "de-DE", "player-2", "<b>&amp;</b>"]),
    st.sampled_from([0, -1, 2**31, 10**40, -(10**40), 1e308, 5e-324]),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "\x00", "\x1b[2J", "\ud800", "\u202e",
         "${", "${x}", "${x.__class__}", "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "a" * 70_000,
         "'; DROP TABLE--", "../../apps", "https://attacker.example/", URI, "1e400", "NaN"]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip

REQUEST: dict[str, Any] = {
    "request_id": "r",
    "app_id": APP,
    "audience": {"players": ["player-1"]},
    "notification": TOAST,
    "options": {"ttl_seconds": 60, "priority": 2, "tag": "t", "group": "g"},
    "parameters": {"name": "value"},
    "send_at": datetime.now(UTC).isoformat(),
}
DELIVERY: dict[str, Any] = {
    "notification_id": "0" * 32,
    "chunk": "0",
    "lane": "direct",
    "app_id": APP,
    "attempt": 0,
    "dispatched_at": 1,
    "expires_at": 4_000_000_000,
    "not_before": 0,
    "payloads": [
        {
            "kind": "toast",
            "headers": {"X-WNS-Type": "wns/toast", "Content-Type": "text/xml"},
            "body": "<toast/>",
            "encoding": "utf-8",
            "ttl_seconds": 60,
        }
    ],
    "channels": [{"player_id": "player-1", "device_id": "pc", "channel_uri": URI, "payload": 0}],
}


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every value in a JSON value, itself included."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    below = [found for key, each in inner for found in paths_of(each, (*path, key))]
    return [path, *below]


@st.composite
def corrupt(draw: st.DrawFn, good: dict[str, Any]) -> str:
    """Draw a valid message with hostile values in up to three places, cut, or nested too deep."""
    message = json.loads(json.dumps(good))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(paths_of(good)[1:]))
        place = message
        for step in way:
            place = place[step] if _has(place, step) else None
        how = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if how == "add" and isinstance(place, dict):
            place[draw(st.text(max_size=10))] = draw(HOSTILE)
        elif _has(place, last):
            if how == "remove":
                del place[last]
            else:
                place[last] = draw(HOSTILE)
    text = json.dumps(message)
    match draw(st.integers(0, 39)):
        case 0:
            return text[: draw(st.integers(1, len(text) - 1))]
        case 1:
            return "[" * 5000
        case 2:
            return text.replace("{", '{"app_id": "x", "app_id": "y", ', 1)
        case 3:
            return json.dumps(message | {"parameters": {"x": "y" * 200_000}})
    return text


def _has(place: Any, step: Any) -> bool:
    if isinstance(place, dict):
        return step in place
    return isinstance(place, list) and isinstance(step, int) and step < len(place)


def fuzz(strategy: st.SearchStrategy[str], count: int, check: Callable[[str], None]) -> None:
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(text: str) -> None:
        check(text)

    run()


def dead_reason(game: Backend, queue: str, body: str) -> str | None:
    """Return why a message was dead-lettered, or None."""
    dead = game.messages(queue)
    if not dead:
        return None
    (message,) = dead
    assert message["Body"] == body or content(message["Body"]) == content(body)
    return dead_letter_reason(message)


def content(body: str) -> Any:
    """Return what a message says but for its id, which is written into one that has none."""
    return {name: value for name, value in json.loads(body).items() if name != "request_id"}


def assert_safe_to_show(reason: str) -> None:
    assert reason.strip()
    assert reason.isprintable()
    assert len(reason) <= 1000
    assert SECRET not in reason
    assert "token=" not in reason


@pytest.fixture
def quiet(game: Backend) -> Backend:
    """The backend with one device, and its queues empty."""
    open_channel(game, "player-1", "pc")
    game.messages("own-events")
    return game


def test_hostile_request_is_processed_or_dead_lettered_with_its_reason(
    quiet: Backend, found: Callable[[str], None]
) -> None:
    results = {"dead-lettered": 0, "accepted": 0}

    def check(text: str) -> None:
        event = sqs_event([{"MessageId": "m", "ReceiptHandle": "r", "Body": text}], "RequestQueue")
        assert quiet.invoke("dispatcher", event) == {"batchItemFailures": []}
        reason = dead_reason(quiet, "RefusedDlq", text)
        results["accepted" if reason is None else "dead-lettered"] += 1
        if reason is not None:
            assert_safe_to_show(reason)

    fuzz(corrupt(REQUEST), EXAMPLES, check)
    found(f"{EXAMPLES} requests, {results}, 0 crashes")
    assert min(results.values()) > EXAMPLES // 20


def test_hostile_request_gets_a_response(quiet: Backend, found: Callable[[str], None]) -> None:
    statuses: dict[int, int] = {}

    def check(text: str) -> None:
        status, answer = quiet.call_as_operator("POST", f"/apps/{APP}/notifications", text)
        statuses[status] = statuses.get(status, 0) + 1
        assert status in {202, 400, 404, 409, 413, 422}
        assert SECRET not in json.dumps(answer)

    good = {key: value for key, value in REQUEST.items() if key != "app_id"}
    fuzz(corrupt(good), EXAMPLES, check)
    found(f"{EXAMPLES} calls, answers {statuses}, 0 crashes")
    assert statuses[202]
    assert statuses[422]


def test_hostile_delivery_is_processed_or_dead_lettered_with_its_reason(
    quiet: Backend, found: Callable[[str], None]
) -> None:
    results = {"dead-lettered": 0, "processed": 0}

    def check(text: str) -> None:
        event = sqs_event([{"MessageId": "m", "ReceiptHandle": "r", "Body": text}], "DeliveryQueue")
        assert quiet.invoke("notification_sender", event) == {"batchItemFailures": []}
        reason = dead_reason(quiet, "RefusedDlq", text)
        results["processed" if reason is None else "dead-lettered"] += 1
        if reason is not None:
            assert_safe_to_show(reason)

    fuzz(corrupt(DELIVERY), EXAMPLES, check)
    found(f"{EXAMPLES} deliveries, {results}, 0 crashes")
    assert min(results.values()) > EXAMPLES // 20
