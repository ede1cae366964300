"""Raw notifications."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wns.refusals import refusal
from wns.raw import Raw


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_text_is_sent_as_utf_8(text):
    assert Raw(text=text).to_bytes().decode() == text


@given(st.binary(min_size=1))
def test_base64_is_sent_decoded(data):
    assert Raw(base64=base64.b64encode(data).decode()).to_bytes() == data


def test_text_with_a_null_character_is_refused_with_its_position():
    assert refusal(Raw, {"text": "ab\0c"}) == (
        "text cannot contain the character U+0000 at position 2: remove it, or use base64."
    )


def test_lone_surrogate_is_refused_with_its_position():
    with pytest.raises(ValueError, match=r"U\+DC00 at position 1"):
        Raw(text="a\udc00")


@pytest.mark.parametrize(
    "bad", ["a", "====", "YQ", "YQ=", "YQ==YQ==", "Y Q==", "YQ==\n", "_-==", "ä"]
)
def test_bad_base64_is_refused(bad):
    assert refusal(Raw, {"base64": bad}) == (
        "base64 must use the standard alphabet (A-Z a-z 0-9 + /) and be padded with =."
    )


@pytest.mark.parametrize("both", [{}, {"text": "a", "base64": "YQ=="}, {"text": None}])
def test_exactly_one_of_text_and_base64_is_required(both):
    assert refusal(Raw, both) == "A raw notification must have either text or base64."


@pytest.mark.parametrize("empty", [{"text": ""}, {"base64": ""}])
def test_empty_body_is_refused(empty):
    assert refusal(Raw, empty) == (
        "A raw notification must not be empty: the app would never receive it."
    )


@pytest.mark.parametrize("wrong", [{"text": 5}, {"text": "a", "kind": "x"}, {"text": ["a"]}])
def test_wrong_types_and_unknown_fields_are_refused(wrong):
    assert refusal(Raw, wrong)
