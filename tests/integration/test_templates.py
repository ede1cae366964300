"""Templates: checked when stored, versioned, listed, deleted, previewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import APP_PATH, game_fixture

if TYPE_CHECKING:
    from tests.integration.backend import Backend

PATH = f"{APP_PATH}/templates/HighScoreBeaten"
TEMPLATE: dict[str, Any] = {
    "default_locale": "en",
    "options": {"ttl_seconds": 3600, "tag": "score"},
    "locales": {
        "en": {
            "toast": {
                "texts": ["${friend} beat your high score", {"text": "${score} points"}],
                "hero": "${picture}",
                "launch": "board=${board}",
                "audio": {"src": "${sound}"},
            },
            "badge": {"value": "${count}"},
        },
        "pt": {"raw": {"text": "${friend}"}},
    },
}
PARAMETERS = {
    "friend": "Kim & Co",
    "score": 12400,
    "picture": "https://example.com/kim.png",
    "board": "a=1;b",
    "sound": "ms-winsoundevent:Notification.IM",
    "count": 3,
}


game = game_fixture(ready=False)


def put(game: Backend, template: dict[str, Any], version: str | None = None) -> tuple[int, Any]:
    headers = {} if version is None else {"if-match": version}
    return game.call("operator_api", "PUT", PATH, template, headers=headers)


def locale(content: dict[str, Any]) -> dict[str, Any]:
    return {"default_locale": "en", "locales": {"en": content}}


def test_placeholders_may_stand_for_texts_arguments_addresses_sounds_and_the_badge(
    game: Backend,
) -> None:
    status, answer = put(game, TEMPLATE)
    assert (status, answer["version"]) == (201, 1)


UNSOUND: dict[str, tuple[dict[str, Any], str, str]] = {
    "content that is no toast": (
        locale({"toast": {"texts": ["${a}"], "colour": "red"}}),
        "locales.en.toast.colour",
        "Extra inputs",
    ),
    "too many texts": (
        locale({"toast": {"texts": ["${a}", "b", "c", "d"]}}),
        "locales.en.toast.texts",
        "At most 3 texts",
    ),
    "no badge whatever the parameter": (
        locale({"badge": {"value": "x${a}"}}),
        "locales.en.badge.value",
        "",
    ),
    "too large with long parameters": (
        locale({"raw": {"text": "${a}" * 26}}),
        "locales.en.raw",
        "200 characters",
    ),
    "options that contradict": (
        locale({"tile": {"medium": {"content": ["${a}"]}}}) | {"options": {"tag": "t" * 17}},
        "locales.en.tile",
        "tag",
    ),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_template_that_could_fail_later_is_refused_now(game: Backend, case: str) -> None:
    template, field, message = UNSOUND[case]
    status, answer = put(game, template)
    assert status == 422
    details = answer["error"]["details"]
    assert any(d["field"].startswith(field) and message in d["message"] for d in details), details
    assert game.items("TemplatesTable") == []


def test_template_that_fits_with_long_parameters_is_accepted(game: Backend) -> None:
    assert put(game, locale({"raw": {"text": "${a}" * 25}}))[0] == 201


def test_versions_count_and_a_stale_one_replaces_nothing(game: Backend) -> None:
    assert put(game, TEMPLATE, "0")[1]["version"] == 1
    assert put(game, TEMPLATE, '"1"')[1]["version"] == 2
    for stale in ("0", "1", '"7"'):
        status, answer = put(game, locale({"badge": {"value": 1}}), stale)
        assert (status, answer["error"]["code"]) == (409, "conflict")
    assert put(game, TEMPLATE)[1]["version"] == 3
    assert game.call_as_operator("GET", PATH)[1]["version"] == 3


@pytest.mark.parametrize("version", ["latest", "*", '"a"', "-1"])
def test_malformed_version_is_refused(game: Backend, version: str) -> None:
    assert put(game, TEMPLATE, version)[0] == 422


def test_templates_are_listed_and_deleted(game: Backend) -> None:
    put(game, TEMPLATE)
    listed = game.call_as_operator("GET", "/apps/my-game/templates")[1]["templates"]
    assert [template["template_id"] for template in listed] == ["HighScoreBeaten"]
    for _ in range(2):
        assert game.call_as_operator("DELETE", PATH) == (204, None)
    assert game.call_as_operator("GET", "/apps/my-game/templates")[1] == {"templates": []}
    assert game.call_as_operator("GET", PATH)[0] == 404


def test_preview_renders_what_would_be_sent_and_sends_nothing(game: Backend) -> None:
    put(game, TEMPLATE)
    sample = {"parameters": PARAMETERS, "locale": "en-GB"}
    status, answer = game.call_as_operator("POST", f"{PATH}/preview", sample)
    assert status == 200
    toast, badge = answer["notifications"]
    assert "<text>Kim &amp; Co beat your high score</text>" in toast["body"]
    assert toast["headers"]["X-WNS-Type"] == "wns/toast"
    assert toast["headers"]["X-WNS-Tag"] == "score"
    assert toast["bytes"] == len(toast["body"].encode())
    assert badge["body"] == '<badge value="3"/>'
    assert game.items("NotificationsTable") == []
    assert game.messages("RequestQueue") == []


def test_preview_falls_back_from_the_region_to_the_language(game: Backend) -> None:
    put(game, TEMPLATE)
    sample = {"parameters": PARAMETERS, "locale": "pt-BR"}
    (raw,) = game.call_as_operator("POST", f"{PATH}/preview", sample)[1]["notifications"]
    assert (raw["kind"], raw["encoding"]) == ("raw", "base64")


def test_preview_names_the_missing_parameters(game: Backend) -> None:
    put(game, TEMPLATE)
    status, answer = game.call_as_operator("POST", f"{PATH}/preview", {"parameters": {}})
    assert status == 422
    fields = [detail["field"] for detail in answer["error"]["details"]]
    assert fields == [f"parameters.{name}" for name in sorted(PARAMETERS)]
