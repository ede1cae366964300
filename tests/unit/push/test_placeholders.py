"""Placeholders: how a parameter's value is written into a text, a JSON text, an address."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push.requests.models import Request
from push.templates.models import Template, fill
from push.templates.validation import validate_template

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def one(text: str, value: Any) -> str:
    return str(fill(text, {"v": value}))


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a", "a"), (7, "7"), (1.5, "1.5"), (True, "true"), (False, "false"), (0, "0"), (1, "1")],
)
def test_value_is_shown_as_a_person_writes_it(value: Any, shown: str) -> None:
    request = Request.model_validate_json(
        json.dumps(
            {
                "app_id": "my-game",
                "request_id": "1",
                "audience": {"everyone": True},
                "template": "T",
                "parameters": {"v": value},
            }
        )
    )
    assert fill("${v}", request.parameters) == shown
    assert fill("${v|plain}", request.parameters) == shown


@given(TEXTS)
def test_text_within_a_json_string_comes_out_as_it_was(value: str) -> None:
    filled = one('{"a": "x \\" ${v|json} y", "b": ["${v|json}"]}', value)
    assert json.loads(filled) == {"a": f'x " {value} y', "b": [value]}


@given(TEXTS | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))
def test_value_outside_of_json_strings_is_a_json_value(value: Any) -> None:
    assert json.loads(one('{"a": ${v|json}}', value)) == {"a": value}


def test_several_placeholders_are_each_written_for_their_place() -> None:
    text = '{"name": "${v|json}", "score": ${n|json}, "again": ${v|json}}'
    filled = fill(text, {"v": 'a"b', "n": 3})
    assert json.loads(filled) == {"name": 'a"b', "score": 3, "again": 'a"b'}


@given(TEXTS)
def test_value_in_an_address_adds_no_parameter_and_no_path(value: str) -> None:
    filled = one("https://example.com/a?name=${v|url}&x=1", value)
    parts = urlsplit(filled)
    assert (parts.path, parts.fragment) == ("/a", "")
    expected = {"name": [value], "x": ["1"]} if value else {"x": ["1"]}
    assert parse_qs(parts.query) == expected


def test_value_in_a_launch_string_adds_no_argument() -> None:
    assert (
        one("challenge=${v|url}&from=toast", "1&from=x y")
        == "challenge=1%26from%3Dx%20y&from=toast"
    )


def template(content: dict[str, Any]) -> Template:
    return Template.model_validate(
        {"template_id": "T", "default_locale": "en", "locales": {"en": content}}
    )


@pytest.mark.parametrize("count", [500, 2000])
def test_template_with_many_placeholders_is_checked_in_linear_time(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    filled: list[int] = []

    def counted(content: Any, values: Any) -> Any:
        filled.append(len(values))
        return fill(content, values)

    monkeypatch.setattr("push.templates.validation.fill", counted)
    several = {"toast": {"texts": ["".join(f"${{p{n}}}" for n in range(count))]}}
    with pytest.raises(Exception, match="not valid"):
        validate_template(template(several))  # too large with values of 200 characters
    assert len(filled) < 20


def test_few_placeholders_that_are_no_texts_are_found_among_many_that_are() -> None:
    texts = {"text": "".join(f"${{p{n}}}" for n in range(20))}
    validate_template(
        template(
            {
                "toast": {
                    "texts": ["${a}", texts],
                    "hero": "${picture}",
                    "audio": {"src": "${sound}"},
                    "content": [{"title": "${t}", "status": "${s}", "value": "${share}"}],
                },
                "badge": {"value": "${count}"},
            }
        )
    )


def test_check_of_a_template_whose_placeholders_never_fit_ends() -> None:
    content = [{"title": "t", "status": "s", "value": f"x${{p{n}}}"} for n in range(300)]
    with pytest.raises(Exception, match="not valid"):
        validate_template(template({"toast": {"texts": ["a"], "content": content}}))
