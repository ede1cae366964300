"""Badges."""

import pytest

from tests.unit.wns.refusals import refusal, refusals
from wns.badge import Badge

GLYPHS = [
    *("none", "activity", "alarm", "alert", "attention", "available", "away", "busy", "error"),
    *("newMessage", "paused", "playing", "unavailable"),
]
REASON = (
    "The value of a badge must be a whole number from 0 to 4294967295 (Windows shows 99+ above 99)"
    f" or a glyph: {', '.join(GLYPHS)}."
)


@pytest.mark.parametrize("value", [0, 1, 99, 100, 4294967295])
def test_number_is_written_unchanged(value):
    assert Badge(value=value).to_xml() == f'<badge value="{value}"/>'.encode()


@pytest.mark.parametrize("glyph", GLYPHS)
def test_glyph_is_written_as_its_name(glyph):
    assert Badge(value=glyph).to_xml() == f'<badge value="{glyph}"/>'.encode()


@pytest.mark.parametrize(("digits", "number"), [("3", 3), ("007", 7), ("4294967295", 4294967295)])
def test_string_of_digits_is_a_number(digits, number):
    assert Badge(value=digits) == Badge(value=number)


@pytest.mark.parametrize(
    "value",
    [
        *(-1, 4294967296, 1.0, True, False, None, "", " 3", "-1", "+1", "3.0", "\u0661"),
        *("4294967296", "9" * 5000, "NewMessage", "newmessage", "activty", [1]),
    ],
)
def test_other_value_is_refused_with_the_allowed_values(value):
    assert refusal(Badge, {"value": value}) == REASON


def test_version_is_a_positive_number():
    assert Badge(value=1, version=1).to_xml() == b'<badge value="1" version="1"/>'
    assert refusal(Badge, {"value": 1, "version": 0}) == (
        "Input should be greater than or equal to 1"
    )
    assert refusal(Badge, {"value": 1, "version": True}) == (
        "The value must be a number, not true or false."
    )


def test_value_is_required_and_unknown_fields_are_refused():
    assert refusals(Badge, {"number": 1}) == [
        ("value", "Field required"),
        ("number", "Extra inputs are not permitted"),
    ]
