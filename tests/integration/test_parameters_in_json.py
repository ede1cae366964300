"""Templates whose parameters would break out of a JSON text, and templates nested too deep, are
refused when they are put."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import APP_PATH, game_fixture, put_template, templated

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"})
PATH = f"{APP_PATH}/templates/Turn"


def put(game: Backend, text: str) -> tuple[int, Any]:
    template = {"default_locale": "en", "locales": {"en": {"raw": {"text": text}}}}
    return game.call_as_operator("PUT", PATH, template)


@pytest.mark.parametrize(
    "text", ['{"turn": "${player}"}', '{"score": ${player}}', ' ["${player}"]', '"${player}"']
)
def test_plain_placeholder_in_a_json_text_is_refused(game: Backend, text: str) -> None:
    status, answer = put(game, text)
    assert status == 422
    (detail,) = answer["error"]["details"]
    assert detail["field"] == "locales.en.raw.text"
    assert "${player|json}" in detail["message"]
    assert "${player|plain}" in detail["message"]


@pytest.mark.parametrize(
    "text",
    [
        '{"turn": "${player|json}"}',
        '{"turn": ${player|json}}',
        '{"turn": "${player|plain}"}',
        "${player}",
        "turn of ${player}",
        "[news] ${player}",
    ],
)
def test_escaped_or_deliberate_placeholder_and_other_texts_are_accepted(
    game: Backend, text: str
) -> None:
    assert put(game, text)[0] == 201


@pytest.mark.parametrize("placeholder", ["${player|html}", "${player|}", "${|json}", "${a b|json}"])
def test_unknown_filter_is_refused_by_name(game: Backend, placeholder: str) -> None:
    status, answer = put(game, placeholder)
    assert status == 422
    assert placeholder in answer["error"]["details"][0]["message"]


def test_parameter_cannot_break_out_of_the_json_that_a_game_receives(game: Backend) -> None:
    put_template(
        game,
        "Turn",
        {
            "default_locale": "en",
            "locales": {"en": {"raw": {"text": '{"turn": "${player|json}", "admin": false}'}}},
        },
    )
    hostile = 'x", "admin": true, "y": "'
    game.send_request(templated("player-1", template="Turn", parameters={"player": hostile}))
    game.work()
    (raw,) = game.wns.device("pc").raw
    assert json.loads(raw["text"]) == {"turn": hostile, "admin": False}


def test_missing_parameter_of_a_filtered_placeholder_is_named(game: Backend) -> None:
    assert put(game, '{"turn": "${player|json}"}')[0] == 201
    status, answer = game.call_as_operator("POST", f"{PATH}/preview", {"parameters": {}})
    assert status == 422
    assert [each["field"] for each in answer["error"]["details"]] == ["parameters.player"]


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("depth", [100, 3000, 15_000])
@pytest.mark.parametrize("brackets", ["{}", "[]"])
def test_body_nested_too_deep_is_a_400(game: Backend, depth: int, brackets: str) -> None:
    deep = nested(depth) if brackets == "{}" else "[" * depth + "]" * depth
    for body in (
        f'{{"default_locale": "en", "locales": {{"en": {{"toast": {{"texts": {deep}}}}}}}}}',
        deep,
    ):
        status, answer = game.call_as_operator("PUT", PATH, body)
        assert status == 400
        assert answer["error"]["code"] in {"not_json", "too_deep"}
    assert game.items("TemplatesTable") == []
