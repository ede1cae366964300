"""Hypothesis strategies for the JSON of valid payloads."""

from typing import get_args

from hypothesis import strategies as st

from wns._schema.adaptive import TextStyle
from wns._schema.legacy_catalog import TILE_TEMPLATES, TOAST_TEMPLATES
from wns._schema.toast_elements import SOUNDS
from wns.badge import GLYPHS

xml_text = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"
    ).filter(lambda character: character >= " " or character in "\t\n\r"),
    max_size=12,
)
labels = st.text("abcdefgh0123456789", min_size=1, max_size=6)
addresses = st.builds(
    "{}{}.png?a=1&b=<2>".format, st.sampled_from(["https://a/", "ms-appx:///", ""]), labels
)
languages = st.sampled_from(["en", "en-US", "zh-Hans-CN"])
flags = st.booleans()
positives = st.integers(1, 9)
percents = st.integers(0, 100)


def fields(required=None, **optional):
    return st.fixed_dictionaries(required or {}, optional=optional)


text = xml_text | fields(
    {"text": xml_text},
    lang=languages,
    max_lines=positives,
    min_lines=positives,
    wrap=flags,
    align=st.sampled_from(["auto", "left", "center", "right"]),
    style=st.sampled_from(get_args(TextStyle)),
)
plain_image = {"alt": xml_text, "add_image_query": flags}
crop = st.sampled_from(["none", "circle"])
image = fields(
    {"src": addresses},
    **plain_image,
    crop=crop,
    align=st.sampled_from(["stretch", "left", "center", "right"]),
    remove_margin=flags,
)
group = st.fixed_dictionaries(
    {
        "subgroups": st.lists(
            fields(
                content=st.lists(text | image, max_size=3),
                weight=st.integers(1, 100),
                text_stacking=st.sampled_from(["top", "center", "bottom"]),
            ),
            min_size=1,
            max_size=2,
        )
    }
)
progress = fields(
    {"status": xml_text},
    value=st.floats(0, 1) | st.just("indeterminate"),
    title=xml_text,
    value_string_override=xml_text,
)
inputs = st.lists(
    fields({"id": labels}, title=xml_text, place_holder_content=xml_text, default_input=xml_text)
    | fields(
        {
            "id": labels,
            "selections": st.lists(
                st.fixed_dictionaries({"id": labels, "content": xml_text}),
                min_size=1,
                max_size=5,
                unique_by=lambda each: each["id"],
            ),
        },
        title=xml_text,
    ),
    max_size=5,
    unique_by=lambda each: each["id"],
)
captions = xml_text.filter(bool)
button = st.sampled_from(["snooze", "dismiss"]) | fields(
    {"content": captions, "arguments": xml_text},
    activation_type=st.sampled_from(["foreground", "background", "protocol"]),
    style=st.sampled_from(["Success", "Critical"]),
    tool_tip=xml_text,
)
toast = fields(
    {"texts": st.lists(xml_text.filter(str.strip), min_size=1, max_size=3)},
    attribution=xml_text,
    app_logo=fields({"src": addresses}, **plain_image, crop=crop),
    hero=addresses,
    content=st.lists(image | group | progress, max_size=3),
    audio=fields(src=st.sampled_from(SOUNDS), silent=flags),
    inputs=inputs,
    buttons=st.lists(button, max_size=3),
    context_menu=st.lists(
        st.fixed_dictionaries({"content": captions, "arguments": xml_text}), max_size=2
    ),
    header=st.fixed_dictionaries({"id": labels, "title": xml_text, "arguments": xml_text}),
    launch=xml_text,
    duration=st.sampled_from(["short", "long"]),
    display_timestamp=st.datetimes().map(lambda moment: moment.isoformat() + "+01:00"),
    toast_id=xml_text,
    lang=languages,
    base_uri=st.just("https://img.example.com/?a=1&b=2"),
)


def filled(name, template):
    return st.fixed_dictionaries(
        {
            "template": st.just(name),
            "images": st.lists(addresses, min_size=template.images, max_size=template.images),
            "texts": st.lists(xml_text, min_size=template.texts, max_size=template.texts),
        }
    )


legacy_toast = st.sampled_from(sorted(TOAST_TEMPLATES)).flatmap(
    lambda name: st.fixed_dictionaries({"legacy": filled(name, TOAST_TEMPLATES[name])})
)
legacy_tile = st.sampled_from(sorted(TILE_TEMPLATES)).flatmap(
    lambda name: st.fixed_dictionaries({"legacy": st.tuples(filled(name, TILE_TEMPLATES[name]))})
)
tile_binding = {
    "content": st.lists(text | image | group, max_size=3),
    "background": addresses,
    "peek": fields({"src": addresses}, **plain_image, overlay=percents),
    "branding": st.sampled_from(["none", "logo", "name", "nameAndLogo"]),
    "display_name": xml_text,
    "arguments": xml_text,
}
tile = fields(
    {"medium": fields(**tile_binding)},
    small=fields(**tile_binding),
    large=fields(**tile_binding),
    wide=fields(**tile_binding, lock_detailed_status=st.lists(xml_text | st.none(), max_size=3)),
    content_id=xml_text,
)
badge = fields(
    {"value": st.integers(0, 2**32 - 1) | st.integers(0, 999).map(str) | st.sampled_from(GLYPHS)}
)

xml_contents = st.one_of(
    st.fixed_dictionaries({"toast": toast | legacy_toast}),
    st.fixed_dictionaries({"tile": tile | legacy_tile}),
    st.fixed_dictionaries({"badge": badge}),
)
