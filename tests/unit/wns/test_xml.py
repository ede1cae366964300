"""Values as XML: escaping, formats, and characters that XML cannot contain."""

import codecs
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.unit.wns.golden import parsed
from tests.unit.wns.refusals import refusal
from wns._schema.xml import element_xml, text_xml
from wns.toast import Toast

OUTSIDE_XML = [*range(0x9), 0xB, 0xC, *range(0xE, 0x20), 0xFFFE, 0xFFFF]
EDGES_OF_XML = [0x9, 0xA, 0xD, 0x20, 0x7F, 0x85, 0x2028, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD]
BEYOND_16_BITS = [0x10000, 0x1F600, 0x1FFFE, 0x10FFFF]


@pytest.mark.parametrize("code", OUTSIDE_XML)
def test_character_outside_xml_is_refused_with_its_position(code):
    reason = refusal(Toast, {"texts": [f"abc{chr(code)}"]})

    assert reason == f"XML cannot contain the character U+{code:04X} at position 3: remove it."


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_lone_surrogate_is_refused_with_its_position(code):
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
def test_every_string_field_refuses_characters_outside_xml(field):
    assert "U+0000" in refusal(Toast, {"texts": ["a"], **field})


@pytest.mark.parametrize("code", EDGES_OF_XML + BEYOND_16_BITS)
def test_every_xml_character_is_parsed_back_from_text_and_attribute(code):
    toast = Toast(texts=["a" + chr(code) + "b"], launch="a" + chr(code) + "b")

    read = parsed(toast.to_xml())

    assert read.findtext(".//text") == "a" + chr(code) + "b"
    assert read.get("launch") == "a" + chr(code) + "b"


def test_text_is_escaped_once_and_only_where_required():
    assert text_xml("a & b < c > d \" ' &amp;") == "a &amp; b &lt; c &gt; d \" ' &amp;amp;"


def test_attribute_is_escaped_once_and_keeps_its_white_space():
    assert (
        element_xml("a", {"b": "\"'&<>\t\r\n &quot;"})
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
def test_value_is_written_in_the_format_of_windows(value, written):
    assert element_xml("a", {"b": value}) == f'<a b="{written}"/>'


def test_attribute_of_none_is_omitted_and_an_empty_one_is_written():
    assert element_xml("a", {"b": None, "c": ""}) == '<a c=""/>'
