"""Bodies that no route takes, on both APIs: refused in the one error shape, nothing stored."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import AUDIENCE, http_event
from tests.integration.builders import SETTINGS, game_fixture, post_request, put_template, request

if TYPE_CHECKING:
    from tests.integration.backend import Backend

URI = "https://cloud.notify.windows.com/?token=a"
CHANNEL = ("channels_api", "/apps/my-game/channels/pc", {"channel_uri": URI})
APP = ("operator_api", "/apps/new-game", SETTINGS)
each_api = pytest.mark.parametrize("api", [CHANNEL, APP], ids=["channels_api", "operator_api"])
Api = tuple[str, str, dict[str, Any]]


game = game_fixture(ready=False)


def put(
    game: Backend, api: Api, body: str | None, content_type: str | None, *, coded: bool = False
) -> tuple[int, Any]:
    """Call a route with a body and headers as they are."""
    function, path, _ = api
    headers = {} if content_type is None else {"Content-Type": content_type}
    claims = {"sub": "player", "aud": AUDIENCE}
    event = http_event("PUT", path, body, headers=headers, claims=claims, is_base64=coded)
    answer = game.invoke(function, event)
    return answer["statusCode"], json.loads(answer["body"])


def check_refused(game: Backend, answer: tuple[int, Any], status: int, code: str) -> None:
    assert answer[0] == status, answer
    assert answer[1].keys() == {"error"}
    assert answer[1]["error"].keys() == {"code", "message", "details"}
    assert answer[1]["error"]["code"] == code
    assert game.items("ChannelsTable") == []
    assert [item["pk"] for item in game.items("AppsTable")] == ["my-game"]


@each_api
def test_body_over_16_kb_is_too_large(game: Backend, api: Api) -> None:
    body = json.dumps(api[2])
    over = body + " " * (16_385 - len(body))
    check_refused(game, put(game, api, over, "application/json"), 413, "too_large")
    coded = base64.b64encode(over.encode()).decode()
    answer = put(game, api, coded, "application/json", coded=True)
    check_refused(game, answer, 413, "too_large")
    wide = body[:-1] + ', "x": "' + "ä" * 8_200 + '"}'
    check_refused(game, put(game, api, wide, "application/json"), 413, "too_large")
    assert put(game, api, over[:-1], "application/json")[0] == 201


def test_templates_and_requests_may_be_larger(game: Backend) -> None:
    text = {"toast": {"texts": ["x" * 4000]}}
    locales = {f"a{first}-{second}b": text for first in "abc" for second in "abc"}
    template = {"default_locale": "aa-ab", "locales": locales}
    put_template(game, "Big", template)
    players = [f"player-{number:030}" for number in range(1000)]
    assert post_request(game, request(*players))[0] == 202


NOT_JSON_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/xml",
    "",
)


@each_api
def test_body_of_another_content_type_is_refused(game: Backend, api: Api) -> None:
    for content_type in NOT_JSON_TYPES:
        answer = put(game, api, json.dumps(api[2]), content_type)
        check_refused(game, answer, 415, "wrong_content_type")


@each_api
@pytest.mark.parametrize("coded", [False, True])
def test_json_is_accepted_with_each_spelling_of_its_content_type(
    game: Backend, api: Api, coded: bool
) -> None:
    body = json.dumps(api[2])
    if coded:
        body = base64.b64encode(body.encode()).decode()
    for content_type in (None, "application/json", "Application/JSON; charset=utf-8"):
        assert put(game, api, body, content_type, coded=coded)[0] in {200, 201}


UNREADABLE = ("{", "[" * 5_000, "9" * 5_000, "{}{}", "{} // x", "NaN", "[Infinity]")


@each_api
def test_body_that_is_not_json_is_refused_as_such(game: Backend, api: Api) -> None:
    for body in UNREADABLE:
        check_refused(game, put(game, api, body, "application/json"), 400, "not_json")


@each_api
@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b"\xff\xfe").decode()])
def test_body_that_is_not_text_is_refused_as_not_json(game: Backend, api: Api, body: str) -> None:
    answer = put(game, api, body, "application/json", coded=True)
    check_refused(game, answer, 400, "not_json")


ABSURD = ["\ud800", "\x00", "\u202e", "\uffff", "a\u0301" * 60, "💥", "", " ", "\r\n"]


@pytest.mark.parametrize("field", ["channel_uri", "locale", "time_zone", "app_version", "topics"])
def test_absurd_text_is_refused_in_every_field(game: Backend, field: str) -> None:
    for text in ABSURD:
        value: Any = [text] if field == "topics" else text
        if field == "channel_uri" and text:
            value = URI + text
        answer = put(game, CHANNEL, json.dumps(CHANNEL[2] | {field: value}), "application/json")
        check_refused(game, answer, 422, "invalid_request")


@each_api
def test_unknown_field_is_refused_and_named(game: Backend, api: Api) -> None:
    for name in ("player_id", "\x00", "💥", ""):
        answer = put(game, api, json.dumps(api[2] | {name: 1}), "application/json")
        check_refused(game, answer, 422, "invalid_request")
        assert answer[1]["error"]["details"][0]["field"] == (name or "body")


@each_api
def test_field_whose_name_is_no_text_is_refused(game: Backend, api: Api) -> None:
    body = json.dumps(api[2] | {"\ud800": 1})
    check_refused(game, put(game, api, body, "application/json"), 422, "invalid_request")


@each_api
def test_body_that_is_no_object_is_refused(game: Backend, api: Api) -> None:
    for body in ("null", "[]", "1", '"x"', "true", "", None):
        answer = put(game, api, body, "application/json")
        check_refused(game, answer, 422, "invalid_request")
