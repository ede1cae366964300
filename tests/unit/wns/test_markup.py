"""How values become XML."""

import codecs
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.unit.wns.golden import parsed
from tests.unit.wns.refusals import refusal
from wns._schema.xml import element, text_xml
from wns.toast import Toast

NOT_XML = [*range(0x9), 0xB, 0xC, *range(0xE, 0x20), 0xFFFE, 0xFFFF]
EDGES_OF_XML = [0x9, 0xA, 0xD, 0x20, 0x7F, 0x85, 0x2028, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD]
BEYOND_16_BITS = [0x10000, 0x1F600, 0x1FFFE, 0x10FFFF]


@pytest.mark.parametrize("code", NOT_XML)
def test_character_that_xml_cannot_hold_is_refused_by_name(code):
    said = refusal(Toast, {"texts": [f"abc{chr(code)}"]})

    assert said == f"XML cannot hold the character U+{code:04X} at position 3: remove it."


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_lone_surrogate_is_refused_by_name(code):
    with pytest.raises(ValueError, match=f"U\\+{code:04X} at position 0"):
        Toast.model_validate({"texts": [chr(code)]})


@pytest.mark.parametrize(
    "field",
    [
        {"launch": "\0"},
        {"attribution": "\0"},
        {"lang": "\0"},
        {"base_uri": "http://\0"},
        {"hero": "http://\0"},
        {"audio": {"src": "\0"}},
        {"people": "tel:\0"},
        {"header": {"id": "\0", "title": "", "arguments": ""}},
        {"inputs": [{"id": "\0"}]},
        {"buttons": [{"content": "\0", "arguments": ""}]},
        {"content": [{"status": "\0"}]},
        {"content": [{"subgroups": [{"content": ["\0"]}]}]},
    ],
)
def test_every_kind_of_string_refuses_what_xml_cannot_hold(field):
    assert "U+0000" in refusal(Toast, {"texts": ["a"], **field})


@pytest.mark.parametrize("code", EDGES_OF_XML + BEYOND_16_BITS)
def test_character_that_xml_holds_comes_back_from_text_and_attribute(code):
    toast = Toast(texts=["a" + chr(code) + "b"], launch="a" + chr(code) + "b")

    read = parsed(toast.to_xml())

    assert read.findtext(".//text") == "a" + chr(code) + "b"
    assert read.get("launch") == "a" + chr(code) + "b"


def test_text_is_escaped_once_and_only_where_xml_wants_it():
    assert text_xml("a & b < c > d \" ' &amp;") == "a &amp; b &lt; c &gt; d \" ' &amp;amp;"


def test_attribute_is_escaped_once_and_keeps_its_white_space():
    assert (
        element("a", {"b": "\"'&<>\t\r\n &quot;"})
        == '<a b="&quot;\'&amp;&lt;&gt;&#9;&#13;&#10; &amp;quot;"/>'
    )


def test_xml_begins_with_its_root_without_byte_order_mark_or_declaration():
    body = Toast(texts=["\ufeffÄ€😀"]).to_xml()

    assert body.startswith(b"<toast><visual>")
    assert not body.startswith((codecs.BOM_UTF8, b"<?xml"))
    assert "Ä€😀".encode() in body


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (42, "42"),
        (0.0, "0"),
        (1.0, "1"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (1e-9, "0"),
        (1 / 3, "0.3333"),
        ("", ""),
        (datetime(2026, 12, 1, 18, tzinfo=UTC), "2026-12-01T18:00:00Z"),
        (datetime(2026, 12, 1, 18, 0, 0, 123456, tzinfo=UTC), "2026-12-01T18:00:00.123Z"),
        (
            datetime(2026, 12, 1, 18, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
            "2026-12-01T18:00:00-05:30",
        ),
    ],
)
def test_value_is_written_in_the_form_of_windows(value, written):
    assert element("a", {"b": value}) == f'<a b="{written}"/>'


def test_attribute_without_value_is_left_out_and_empty_one_is_written():
    assert element("a", {"b": None, "c": ""}) == '<a c=""/>'
