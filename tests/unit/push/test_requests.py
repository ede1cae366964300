"""Requests: what a message of RequestQueue may say, and when two are the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.errors import MalformedMessageError
from push.requests.models import Request
from push.requests.queue import read_request

REQUEST: dict[str, Any] = {
    "request_id": "r-1",
    "app_id": "my-game",
    "audience": {"players": ["player-1"]},
    "template": "ChallengeReceived",
}


def event(detail: Any, **more: Any) -> str:
    fields = {"id": "e-1", "source": "game", "detail-type": "ChallengeReceived", "detail": detail}
    return json.dumps(fields | more)


def read(body: str, message_id: str) -> Request:
    return read_request(body, message_id).request


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in REQUEST.items() if name not in names}


def test_event_supplies_its_id_and_its_type() -> None:
    request = read(event(without("request_id", "template")), "m-1")
    assert (request.request_id, request.template) == ("e-1", "ChallengeReceived")


def test_fields_of_the_detail_override_those_of_the_event() -> None:
    detail = REQUEST | {"template": "Other"}
    request = read(event(detail), "m-1")
    assert (request.request_id, request.template) == ("r-1", "Other")


def test_event_with_a_notification_of_its_own_needs_no_template() -> None:
    detail = without("template") | {"notification": {"badge": {"value": 3}}}
    assert read(event(detail), "m-1").template is None


def test_bare_message_supplies_its_message_id() -> None:
    assert read(json.dumps(without("request_id")), "m-1").request_id == "m-1"


def test_same_app_and_request_id_are_the_same_notification() -> None:
    one = read(json.dumps(REQUEST), "m-1")
    other = read(json.dumps(REQUEST | {"parameters": {"a": 1}}), "m-2")
    assert one.notification_id == other.notification_id


def test_another_app_or_request_id_is_another_notification() -> None:
    bodies = [REQUEST, REQUEST | {"request_id": "r-2"}, REQUEST | {"app_id": "my-game-2"}]
    ids = {read(json.dumps(body), "m").notification_id for body in bodies}
    assert len(ids) == 3


def test_queue_carries_given_fields_and_nothing_more() -> None:
    request = Request.model_validate(REQUEST)
    assert json.loads(request.model_dump_json(exclude_unset=True)) == REQUEST


UNREADABLE = {
    "empty": "",
    "no JSON": "{",
    "a number": "5",
    "a text": '"x"',
    "a list": "[]",
    "an event whose detail is a text": event("x"),
    "an event of a type that names no template": event(
        without("template"), **{"detail-type": "Challenge received!"}
    ),
    "two contents": json.dumps(REQUEST | {"notification": {"badge": {"value": 1}}}),
    "no audience": json.dumps(REQUEST | {"audience": {}}),
    "two audiences": json.dumps(REQUEST | {"audience": {"players": ["p"], "everyone": True}}),
    "everyone but not": json.dumps(REQUEST | {"audience": {"everyone": False}}),
    "a topic in capitals": json.dumps(REQUEST | {"audience": {"topic": "Clan"}}),
    "an app id with a slash": json.dumps(REQUEST | {"app_id": "a/b"}),
    "a player with a line break": json.dumps(REQUEST | {"audience": {"players": ["a\nb"]}}),
    "a request id that is too long": json.dumps(REQUEST | {"request_id": "r" * 65}),
    "a parameter that is a list": json.dumps(REQUEST | {"parameters": {"a": []}}),
    "an infinite parameter": json.dumps(REQUEST | {"parameters": {"a": float("inf")}}),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_malformed_message_is_refused_with_a_sentence(case: str) -> None:
    with pytest.raises(MalformedMessageError) as caught:
        read_request(UNREADABLE[case], "m-1")
    assert str(caught.value).startswith("the ")


def test_reason_says_which_fields_and_never_repeats_the_values() -> None:
    body = json.dumps(REQUEST | {"app_id": "CANARY", "audience": {"players": ["CANARY\n"]}})
    with pytest.raises(MalformedMessageError) as caught:
        read_request(body, "m-1")
    assert "app_id" in str(caught.value)
    assert "audience.players" in str(caught.value)
    assert "CANARY" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(list(REQUEST)), inner)
        ),
        max_leaves=10,
    )
)
def test_any_json_is_read_or_refused(content: Any) -> None:
    try:
        request = read(json.dumps(content), "m-1")
    except MalformedMessageError:
        return
    assert request.app_id
