"""Properties of all valid payloads."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.wns.golden import parsed
from tests.unit.wns.payloads import xml_contents, xml_text
from wns.content import NotificationContent
from wns.raw import Raw
from wns.toast import Toast


def xml_of(content):
    """Return the body of a notification that is no raw one."""
    assert not isinstance(content.payload, Raw)
    return content.payload.to_xml()


def strings_in(content):
    """Yield every string of the JSON that the XML must contain unchanged."""
    match content:
        case dict():
            for key, value in content.items():
                if key != "display_timestamp":
                    yield from strings_in(value)
        case list() | tuple():
            for value in content:
                yield from strings_in(value)
        case str():
            yield content


def corrupt(content, choose, junk):
    """Return the JSON with `junk` in place of one of its values, at any depth."""
    if not content or not isinstance(content, dict | list | tuple) or choose(st.booleans()):
        return junk
    fields = content if isinstance(content, dict) else dict(enumerate(content))
    key = choose(st.sampled_from(sorted(fields)))
    fields = fields | {key: corrupt(fields[key], choose, junk)}
    return fields if isinstance(content, dict) else list(fields.values())


def strings_of(document):
    """Yield every text and attribute value of the XML."""
    for element in document.iter():
        yield element.text or ""
        yield from element.attrib.values()


@given(xml_text, xml_text)
def test_text_and_attribute_are_parsed_back_unchanged(text, launch):
    read = parsed(Toast(texts=["a", text], launch=launch).to_xml())

    assert (read.findall(".//text")[1].text or "") == text
    assert read.get("launch") == launch


@given(xml_contents)
def test_valid_content_is_well_formed_utf_8_with_nothing_lost(content):
    valid = NotificationContent.model_validate(content)

    document = parsed(xml_of(valid).decode("utf-8"))

    assert document.tag == valid.payload.kind
    assert set(strings_in(content)) <= set(strings_of(document))


@given(xml_contents)
def test_valid_content_survives_a_round_trip_through_json(content):
    once = NotificationContent.model_validate(content)
    again = NotificationContent.model_validate_json(once.model_dump_json())

    assert again == once
    assert xml_of(again) == xml_of(once)


@given(
    xml_contents,
    st.data(),
    st.sampled_from(["\0", "\ud800", "{\0}", "", " ", "1", "true", 10**400, -1, 2.5, True, [], {}])
    | st.recursive(
        st.text() | st.floats() | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=4,
    ),
)
def test_corrupt_content_is_refused_or_still_well_formed(content, data, junk):
    with suppress(ValidationError):
        valid = NotificationContent.model_validate(corrupt(content, data.draw, junk))
        assert parsed(xml_of(valid)).tag == valid.payload.kind
