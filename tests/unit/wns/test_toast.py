"""Toasts: what is accepted, and what is refused with which message."""

from datetime import datetime, timedelta, timezone

import pytest

from tests.unit.wns.golden import parsed
from tests.unit.wns.refusals import refusal, refusals
from wns.toast import Toast

SOUNDS = [
    *(
        f"ms-winsoundevent:Notification.{name}"
        for name in ["Default", "IM", "Mail", "Reminder", "SMS"]
    ),
    *(
        f"ms-winsoundevent:Notification.Looping.{name}{number}"
        for name in ("Alarm", "Call")
        for number in ["", 2, 3, 4, 5, 6, 7, 8, 9, 10]
    ),
]
TEXT_STYLES = [
    *("caption", "captionSubtle", "body", "bodySubtle", "base", "baseSubtle"),
    *("subtitle", "subtitleSubtle", "title", "titleSubtle", "titleNumeral", "titleNumeralSubtle"),
    *("subheader", "subheaderSubtle", "subheaderNumeral", "subheaderNumeralSubtle"),
    *("header", "headerSubtle", "headerNumeral", "headerNumeralSubtle"),
]


def toast(**fields):
    return {"texts": ["a"], **fields}


def read(**fields):
    return parsed(Toast.model_validate(toast(**fields)).to_xml())


def in_subgroup(item):
    return {"content": [{"subgroups": [{"content": [item]}]}]}


@pytest.mark.parametrize("sound", SOUNDS)
def test_windows_sound_is_written_unchanged(sound):
    assert read(audio={"src": sound}).find("audio").get("src") == sound


@pytest.mark.parametrize(
    "sound",
    [
        *(
            f"ms-appx:///Assets/horn.{kind}"
            for kind in ["aac", "flac", "m4a", "mp3", "wav", "wma", "WAV"]
        ),
        *("ms-resource:Files/horn", "ms-resource:///Files/horn.mp3"),
    ],
)
def test_sound_of_the_app_is_written_unchanged(sound):
    assert read(audio={"src": sound}).find("audio").get("src") == sound


@pytest.mark.parametrize(
    "sound",
    [
        *("ms-winsoundevent:Notification.Looping.Alarm1", "ms-winsoundevent:Notification.im"),
        *("ms-winsoundevent:Notification.Looping.Call11", "MS-WINSOUNDEVENT:Notification.IM"),
        "ms-winsoundevent:Notification.Alarm",
    ],
)
def test_unknown_windows_sound_is_refused_with_the_known_ones(sound):
    assert refusal(Toast, toast(audio={"src": sound})) == (
        "Unknown Windows sound: use ms-winsoundevent:Notification. followed by Default, IM,"
        " Mail, Reminder, SMS, Looping.Alarm, Looping.Alarm2 to Looping.Alarm10, Looping.Call,"
        " or Looping.Call2 to Looping.Call10."
    )


@pytest.mark.parametrize(
    "sound",
    [
        *("ms-appdata:///local/horn.mp3", "https://example.com/horn.mp3", "C:\\horn.wav"),
        *(
            "file:///C:/horn.wav",
            "horn.wav",
            "ms-appx:///horn.ogg",
            "ms-appx:///horn",
            "ms-resource:",
        ),
    ],
)
def test_sound_from_another_source_is_refused(sound):
    assert refusal(Toast, toast(audio={"src": sound})) == (
        "A sound must be a Windows sound (ms-winsoundevent:…), a resource (ms-resource:…) or a"
        " file in the app's package (ms-appx:///… ending in aac, flac, m4a, mp3, wav or wma)."
    )


def test_looping_sound_needs_a_duration():
    reason = "A looping sound needs the toast's duration: set it, ideally to long."

    assert refusal(Toast, toast(audio={"loop": True})) == reason
    assert read(audio={"loop": True}, duration="short").get("duration") == "short"
    assert read(audio={"loop": False}).find("audio").get("loop") == "false"


def test_toast_has_at_most_3_texts():
    assert len(read(texts=["a", "b", "c"]).findall(".//text")) == 3
    assert refusals(Toast, {"texts": ["a", "b", "c", "d"]}) == [
        ("texts", "At most 3 texts in a toast are allowed; got 4.")
    ]


@pytest.mark.parametrize("texts", [[], [""], [" ", "\n"], [{"text": ""}]])
def test_toast_without_visible_text_is_refused(texts):
    assert refusal(Toast, {"texts": texts}) == (
        "A toast must have 1 to 3 texts, at least one of them not blank."
    )


def test_attribution_does_not_count_as_a_text():
    assert len(read(texts=["a", "b", "c"], attribution="d").findall(".//text")) == 4


@pytest.mark.parametrize("style", TEXT_STYLES)
def test_text_style_is_written_unchanged(style):
    assert read(**in_subgroup({"text": "b", "style": style})).find(".//subgroup/text").get(
        "hint-style"
    ) == style  # fmt: skip


@pytest.mark.parametrize("hint", ["min_lines", "wrap", "align", "style"])
def test_hint_for_subgroups_is_refused_on_a_text_of_the_toast(hint):
    value = {"min_lines": 1, "wrap": True, "align": "left", "style": "title"}[hint]

    assert refusals(Toast, {"texts": [{"text": "a", hint: value}]}) == [
        (f"texts.0.{hint}", "Extra inputs are not permitted")
    ]
    Toast.model_validate(toast(**in_subgroup({"text": "a", hint: value})))


@pytest.mark.parametrize(("lines", "fault"), [(0, "greater"), (-1, "greater"), (2**31, "less")])
def test_numbers_of_lines_are_at_least_1(lines, fault):
    reason = f"Input should be {fault} than or equal to {1 if fault == 'greater' else 2**31 - 1}"

    assert refusal(Toast, {"texts": [{"text": "a", "max_lines": lines}]}) == reason
    assert refusal(Toast, toast(**in_subgroup({"text": "a", "min_lines": lines}))) == reason


def test_text_without_a_text_and_other_content_are_refused():
    assert refusals(Toast, {"texts": [{"max_lines": 1}]}) == [("texts.0.text", "Field required")]
    assert refusals(Toast, {"texts": [5]})[0][0] == "texts.0"


@pytest.mark.parametrize("item", ["a", {"text": "a"}, {"colour": "red"}, 5, None])
def test_content_of_a_toast_is_only_images_groups_and_progress_bars(item):
    assert refusals(Toast, toast(content=[item])) == [
        (
            "content.0",
            (
                "An item in content must be an image (src), a group (subgroups) or a progress bar"
                " (status); put texts into texts."
            ),
        )
    ]


@pytest.mark.parametrize("item", [{"status": "a"}, {"subgroups": []}, 5, None])
def test_content_of_a_subgroup_is_only_texts_and_images(item):
    assert refusal(Toast, toast(**in_subgroup(item))) == (
        "An item in a subgroup must be a text (a string, or an object with text) or an image"
        " (an object with src)."
    )


def test_empty_group_is_refused():
    assert refusal(Toast, toast(content=[{"subgroups": []}])) == (
        "At least one subgroup is required."
    )


@pytest.mark.parametrize("weight", [0, -1])
def test_weight_of_a_subgroup_is_positive(weight):
    content = [{"subgroups": [{"weight": weight, "content": ["a"]}]}]

    assert refusal(Toast, toast(content=content)).startswith("Input should be greater than")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *((0, "0"), (1, "1"), (0.25, "0.25"), ("0.5", "0.5"), ("1", "1")),
        *(("indeterminate", "indeterminate"), ("{progressValue}", "{progressValue}")),
    ],
)
def test_progress_is_0_to_1_or_indeterminate_or_a_data_binding(value, written):
    progress = read(content=[{"status": "s", "value": value}]).find(".//progress")

    assert progress.get("value") == written


def test_progress_defaults_to_0():
    assert read(content=[{"status": "s"}]).find(".//progress").get("value") == "0"


@pytest.mark.parametrize(
    "value",
    [
        *(-0.1, 1.1, 10**400, True, None, [0.5], "1.1", "nan", "inf", "1e999", "half", ""),
        *("Indeterminate", "{}", "{\0}", "{a b}", "{a}\n"),
    ],
)
def test_other_progress_is_refused(value):
    assert refusal(Toast, toast(content=[{"status": "s", "value": value}])) == (
        "The value of a progress bar must be a number from 0 to 1, indeterminate, or the {name} of"
        " a value that the app binds itself."
    )


@pytest.mark.parametrize(
    "address",
    [
        *("http://a/b.png", "HTTPS://a/b.png", "ms-appx:///a b.png", "ms-appdata:///local/a.png"),
        *("file:///C:/a.png", "a.png", "../a.png", "//cdn.example.com/a.png", "a.png?x=b:c"),
    ],
)
def test_supported_image_address_is_written_unchanged(address):
    assert read(hero=address).find(".//image").get("src") == address


@pytest.mark.parametrize(
    "address",
    ["data:image/png;base64,AA==", "C:\\a.png", "ftp://a/b.png", "javascript:a", "ms-resource:a"],
)
def test_unsupported_image_address_is_refused(address):
    assert refusal(Toast, toast(hero=address)) == (
        "An image address must begin with https:, http:, ms-appx:, ms-appdata: or file:, or be"
        " relative to base_uri."
    )


@pytest.mark.parametrize("address", [" a.png", "a.png ", "\na.png", "a.png\n", " "])
def test_image_address_with_surrounding_white_space_is_refused(address):
    assert refusal(Toast, toast(app_logo=address)) == (
        "An image address must not begin or end with white space."
    )


def test_image_without_address_is_refused():
    assert refusal(Toast, toast(hero="")) == "The string must not be empty."
    assert refusals(Toast, toast(hero={"alt": "a"})) == [("hero.src", "Field required")]


@pytest.mark.parametrize("address", ["a.png", "/a", "//a/b"])
def test_base_address_is_absolute(address):
    assert refusal(Toast, toast(base_uri=address)) == (
        "base_uri must be an absolute address, such as https://img.example.com/."
    )


@pytest.mark.parametrize("tag", ["en", "en-US", "zh-Hans-CN", "de-CH-1996", "x-klingon"])
def test_language_is_a_bcp_47_tag(tag):
    assert read(lang=tag).find("visual").get("lang") == tag


@pytest.mark.parametrize("tag", ["", "en_US", "en-", "-US", "internationally", "en US", "de\n"])
def test_other_language_is_refused(tag):
    assert (
        refusal(Toast, toast(lang=tag)) == "A language must be a BCP-47 tag, such as en-US or de."
    )


def test_timestamp_without_offset_is_refused():
    assert refusal(Toast, toast(display_timestamp="2026-12-01T18:00:00")) == (
        "Input should have timezone info"
    )


def test_timestamp_with_seconds_in_its_offset_is_refused():
    odd = datetime(1900, 1, 1, tzinfo=timezone(timedelta(minutes=53, seconds=28)))

    with pytest.raises(ValueError, match="The offset of a timestamp must be whole minutes"):
        Toast(texts=["a"], display_timestamp=odd)


@pytest.mark.parametrize("contact", ["remoteid:1", "mailto:a@b.example", "tel:+4912345"])
def test_people_is_a_contact(contact):
    assert read(people=contact).get("hint-people") == contact


@pytest.mark.parametrize("contact", ["alex", "remoteid:", "http://a", ""])
def test_other_contact_is_refused(contact):
    assert refusal(Toast, toast(people=contact)) == (
        "people must be the remoteid:…, mailto:… or tel:… of a contact."
    )


@pytest.mark.parametrize("where", ["toast", "header"])
@pytest.mark.parametrize("activation", [None, "foreground"])
def test_target_app_needs_protocol_activation(where, activation):
    target = {"protocol_activation_target_application_pfn": "a", "activation_type": activation}
    header = {"id": "a", "title": "b", "arguments": "c"}
    fields = {"toast": target, "header": {"header": header | target}}[where]

    assert refusal(Toast, toast(**fields)) == (
        "protocol_activation_target_application_pfn needs activation_type protocol."
    )


@pytest.mark.parametrize("missing", ["id", "title", "arguments"])
def test_header_needs_id_title_and_arguments(missing):
    header = {"id": "a", "title": "b", "arguments": "c"}
    del header[missing]

    assert refusals(Toast, toast(header=header)) == [(f"header.{missing}", "Field required")]


@pytest.mark.parametrize("scenario", ["reminder", "alarm"])
def test_scenario_reminder_or_alarm_needs_a_button(scenario):
    reason = f"A toast with scenario {scenario} needs at least one button."

    assert refusal(Toast, toast(scenario=scenario)) == reason
    menu = [{"content": "a", "arguments": "b"}]
    assert refusal(Toast, toast(scenario=scenario, context_menu=menu)) == reason
    assert read(scenario=scenario, buttons=["dismiss"]).get("scenario") == scenario
    assert read(scenario=scenario, snooze_and_dismiss=True).get("scenario") == scenario


@pytest.mark.parametrize("scenario", ["incomingCall", "urgent"])
def test_other_scenarios_need_no_button(scenario):
    assert read(scenario=scenario).get("scenario") == scenario


@pytest.mark.parametrize("scenario", [None, "urgent"])
def test_centred_text_needs_scenario_incoming_call(scenario):
    text = {"text": "a", "call_scenario_center_align": True}

    assert refusal(Toast, {"texts": [text], "scenario": scenario}) == (
        "call_scenario_center_align needs scenario incomingCall."
    )


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *(("duration", "Long"), ("scenario", "incomingcall"), ("activation_type", "system")),
        *(("branding", "nameAndLogo"), ("use_button_style", "maybe"), ("launch", 5)),
        *(("display_timestamp", "soon"), ("version", 0), ("texts", "a"), ("header", [])),
    ],
)
def test_unknown_value_is_refused_with_its_path(field, wrong):
    [(where, _)] = refusals(Toast, toast(**{field: wrong}))

    assert where.startswith(field)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"colour": 1}, "colour"),
        ({"Texts": ["a"]}, "Texts"),
        ({"audio": {"source": "a"}}, "audio.source"),
        ({"content": [{"src": "a", "hint-crop": "circle"}]}, "content.0.src.hint-crop"),
        ({"hero": {"src": "a", "crop": "circle"}}, "hero.crop"),
        ({"attribution": {"text": "a", "max_lines": 1}}, "attribution.max_lines"),
    ],
)
def test_unknown_field_is_refused_with_its_path(fields, where):
    assert refusals(Toast, toast(**fields)) == [(where, "Extra inputs are not permitted")]


def test_toast_is_immutable():
    with pytest.raises(ValueError, match="frozen"):
        Toast(texts=["a"]).texts = ()  # type: ignore[misc]  # mypy refuses it too
