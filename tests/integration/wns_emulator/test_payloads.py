"""What a device shows of a payload, and what it silently throws away after a 200."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.wns_emulator.payloads.reading import read_badge, read_document, read_tile, read_toast
from local.wns_emulator.payloads.xml import PayloadDiscardedError

if TYPE_CHECKING:
    from tests.integration.wns_emulator.sender import Sender

LAUGHS = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};&l{n - 1};&l{n - 1};">' for n in range(1, 30))


def toast(outside: str = "", *, inside: str = "", text: str = "Hi", attributes: str = "") -> str:
    """A toast with more elements outside its visual or inside its binding."""
    return (
        f'<toast{attributes}><visual><binding template="ToastGeneric"><text>{text}</text>{inside}'
        f"</binding></visual>{outside}</toast>"
    )


def actions(inner: str) -> str:
    return toast(f"<actions>{inner}</actions>")


def tile(template: str) -> str:
    return f'<tile><visual><binding template="{template}"><text>x</text></binding></visual></tile>'


BUTTON = '<action content="a" arguments="b"/>'
ENTITY_OF_FILE = '<!DOCTYPE t [<!ENTITY f SYSTEM "file:///etc/passwd">]>'

DISCARDED = {
    "malformed": ("toast", "<toast><visual></toast>"),
    "empty body": ("toast", ""),
    "not XML": ("toast", "hello"),
    "two roots": ("toast", toast() + "<toast/>"),
    "unescaped ampersand": ("toast", toast(attributes=' launch="a=1&b=2"')),
    "unescaped less-than": ("toast", toast(text="1 < 2")),
    "unknown entity": ("toast", toast(text="&nbsp;")),
    "document type": ("toast", "<!DOCTYPE toast>" + toast()),
    "entity of a file": ("toast", ENTITY_OF_FILE + toast(text="&f;")),
    "billion laughs": (
        "toast",
        f'<!DOCTYPE t [<!ENTITY l0 "ha">{LAUGHS}]>' + toast(text="&l29;"),
    ),
    "nested absurdly deep": ("toast", "<a>" * 700 + "</a>" * 700),
    "NUL character": ("toast", toast(text="H\0i")),
    "another encoding": ("toast", '<?xml version="1.0" encoding="utf-16"?>' + toast()),
    "byte order mark": ("toast", "\ufeff" + toast()),
    "root of another type": ("toast", '<badge value="1"/>'),
    "toast as tile": ("tile", toast()),
    "root in upper case": ("toast", toast().replace("toast>", "Toast>")),
    "element in wrong case": ("toast", toast().replace("text>", "Text>")),
    "attribute in wrong case": ("toast", toast(attributes=' Launch="x"')),
    "value in wrong case": ("toast", toast(attributes=' scenario="Reminder"')),
    "template in wrong case": ("toast", toast().replace("ToastGeneric", "toastGeneric")),
    "unknown template": ("toast", toast().replace("ToastGeneric", "ToastText09")),
    "no visual": ("toast", "<toast/>"),
    "two visuals": ("toast", toast("<visual/>")),
    "no binding": ("toast", "<toast><visual/></toast>"),
    "binding without template": ("toast", "<toast><visual><binding/></visual></toast>"),
    "image in wrong case": ("toast", toast(inside='<Image src="x"/>')),
    "image without source": ("toast", toast(inside="<image/>")),
    "image of a script": ("toast", toast(inside='<image src="javascript:alert(1)"/>')),
    "image address with a blank": ("toast", toast(inside='<image src="https://a b/c.png"/>')),
    "image address without host": ("toast", toast(inside='<image src="https://"/>')),
    "language not BCP-47": ("toast", toast().replace("<visual", '<visual lang="en_US"')),
    "boolean in wrong case": ("toast", toast('<audio silent="True"/>')),
    "button without content": ("toast", actions('<action arguments="x"/>')),
    "button style in wrong case": (
        "toast",
        actions('<action content="a" arguments="b" hint-buttonStyle="success"/>'),
    ),
    "six buttons": ("toast", actions(BUTTON * 6)),
    "six inputs": ("toast", actions('<input id="a" type="text"/>' * 6)),
    "six selections": (
        "toast",
        actions(
            '<input id="a" type="selection">' + '<selection id="1" content="b"/>' * 6 + "</input>"
        ),
    ),
    "header without title": ("toast", toast('<header id="a" arguments="b"/>')),
    "progress out of range": ("toast", toast(inside='<progress status="s" value="1.5"/>')),
    "no binding for the size": ("tile", tile("TileWide")),
    "tile size in wrong case": ("tile", tile("tileMedium")),
    "badge without value": ("badge", "<badge/>"),
    "negative badge": ("badge", '<badge value="-1"/>'),
    "unknown glyph": ("badge", '<badge value="star"/>'),
    "glyph in wrong case": ("badge", '<badge value="newmessage"/>'),
    "badge with a fraction": ("badge", '<badge value="1.5"/>'),
}

SHOWN = {
    "declaration": '<?xml version="1.0" encoding="utf-8"?>' + toast(),
    "schema namespace": toast(attributes=' xmlns="http://schemas.microsoft.com/x"'),
    "legacy template": toast().replace("ToastGeneric", "ToastText01"),
    "unknown element": toast("<sparkles/>"),
    "unknown attribute": toast(attributes=' hint-sparkles="9"'),
    "empty image source": toast(inside='<image src=""/>'),
    "image of the app": toast(inside='<image src="ms-appx:///a.png"/>'),
    "relative image": toast(inside='<image src="a/b.png"/>'),
    "language": toast().replace("<visual", '<visual lang="zh-Hant-TW"'),
    "header": toast('<header id="a" title="b" arguments="c"/>'),
    "five buttons": actions(BUTTON * 5),
    "button without a word": actions('<action content="" arguments="b"/>'),
    "progress": toast(inside='<progress status="s" value="0.25"/>'),
    "comment": toast("<!-- x -->"),
    "CDATA": toast(text="<![CDATA[Hi]]>"),
}


@pytest.mark.parametrize("name", DISCARDED)
def test_payload_that_windows_discards_is_200_received_and_not_shown(
    sender: Sender, name: str
) -> None:
    kind, body = DISCARDED[name]

    answer = sender.notify(kind, body=body)

    device = sender.device
    assert answer.status == 200
    assert answer.wns_status == ("received", "received")
    assert (device.toasts, device.tile, device.badge, device.sounds) == ([], None, None, [])
    (discarded,) = device.discarded
    assert discarded["kind"] == kind
    assert discarded["reason"]
    assert sender.last["outcome"] == "discarded"
    assert sender.last["why"] == discarded["reason"]


@pytest.mark.parametrize("body", [b"<toast>\xff\xfe</toast>", "<toast/>".encode("utf-16")])
def test_payload_that_is_not_utf8_is_discarded(sender: Sender, body: bytes) -> None:
    assert sender.notify(body=body).wns_status == ("received", "received")
    assert "UTF-8" in sender.device.discarded[0]["reason"]


@pytest.mark.parametrize("name", SHOWN)
def test_valid_payload_is_shown(sender: Sender, name: str) -> None:
    sender.notify(body=SHOWN[name])

    assert sender.device.discarded == []
    assert sender.texts == ["Hi"]


def test_strict_mode_responds_400_instead(sender: Sender) -> None:
    sender.wns.set_switches(strict_payloads=True)

    answers = [
        sender.notify(body="<toast><visual></toast>"),
        sender.notify(body='<badge value="1"/>'),
        sender.notify("raw", body="anything"),
        sender.notify(),
    ]

    assert [answer.status for answer in answers] == [400, 400, 200, 200]
    assert answers[0].wns_status == ("dropped", "dropped")
    assert answers[0].error_text
    assert sender.device.discarded == []


def test_byte_order_mark_can_be_accepted(sender: Sender) -> None:
    sender.wns.set_switches(payload_bom="accept")

    sender.notify(body="\ufeff" + toast())

    assert sender.texts == ["Hi"]


def test_toast_shows_its_content(sender: Sender) -> None:
    sender.notify(
        body='<toast launch="a=1&amp;b=2" scenario="reminder" duration="long"><visual>'
        '<binding template="ToastGeneric"><text>One</text><text>&lt;b&gt; &amp; ü</text>'
        '<text>Three</text><text>Four</text><text placement="attribution">Via clan</text>'
        '</binding></visual><audio src="ms-winsoundevent:Notification.Looping.Call2"/>'
        '<actions><action content="Play" arguments="play"/></actions>'
        '<header id="h" title="Clan" arguments="x"/></toast>',
        x_wns_tag="t",
        x_wns_group="g",
    )

    (shown,) = sender.device.toasts
    assert shown["texts"] == ["One", "<b> & ü", "Three"]
    assert shown["attribution"] == "Via clan"
    assert shown["launch"] == "a=1&b=2"
    assert (shown["scenario"], shown["duration"]) == ("reminder", "long")
    assert shown["audio"] == "ms-winsoundevent:Notification.Looping.Call2"
    assert shown["buttons"] == [{"content": "Play", "arguments": "play"}]
    assert shown["header"] == {"id": "h", "title": "Clan", "arguments": "x"}
    assert (shown["tag"], shown["group"], shown["popup"]) == ("t", "g", True)
    assert shown["xml"].startswith("<toast launch")


@pytest.mark.parametrize(
    ("audio", "sound"),
    [
        ("", "ms-winsoundevent:Notification.Default"),
        ("<audio/>", "ms-winsoundevent:Notification.Default"),
        ('<audio silent="true"/>', None),
        (
            '<audio src="ms-winsoundevent:Notification.IM"/>',
            "ms-winsoundevent:Notification.IM",
        ),
        (
            '<audio src="ms-winsoundevent:Notification.Looping.Alarm10"/>',
            "ms-winsoundevent:Notification.Looping.Alarm10",
        ),
        ('<audio src="ms-appx:///win.mp3"/>', "ms-appx:///win.mp3"),
        (
            '<audio src="ms-winsoundevent:Notification.Looping.Alarm11"/>',
            "ms-winsoundevent:Notification.Default",
        ),
        ('<audio src="https://x.example/a.mp3"/>', "ms-winsoundevent:Notification.Default"),
    ],
)
def test_toast_plays_its_sound(sender: Sender, audio: str, sound: str | None) -> None:
    sender.notify(body=toast(audio))

    assert sender.device.sounds == ([sound] if sound else [])
    assert sender.device.toasts[0]["audio"] == sound


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1", "1"),
        ("99", "99"),
        ("007", "7"),
        ("100", "99+"),
        ("9" * 4800, "99+"),
        ("0", None),
        ("none", None),
        ("newMessage", "newMessage"),
        ("attention", "attention"),
    ],
)
def test_badge_shows_number_glyph_or_nothing(sender: Sender, value: str, shown: str | None) -> None:
    sender.notify("badge", "5")

    sender.notify("badge", value)

    assert sender.device.discarded == []
    assert sender.device.badge == shown


@pytest.mark.parametrize(
    ("size", "template"),
    [
        ("small", "TileSmall"),
        ("medium", "TileSquareText04"),
        ("medium", "TileSquare150x150PeekImageAndText02"),
        ("wide", "TileWide310x150ImageAndText01"),
        ("wide", "TileWideText11"),
        ("large", "TileSquare310x310SmallImagesAndTextList05"),
    ],
)
def test_tile_shows_the_binding_of_its_size(sender: Sender, size: str, template: str) -> None:
    sender.wns.set_tile("pc", size=size)

    sender.notify(
        "tile",
        body=f'<tile><visual><binding template="{template}"><group><subgroup><text>a</text>'
        "</subgroup></group><text>b</text></binding></visual></tile>",
    )

    shown = sender.device.tile
    assert shown is not None
    assert shown["texts"] == {size: ["a", "b"]}


def test_tile_falls_back_to_the_windows_8_name(sender: Sender) -> None:
    sender.notify(
        "tile",
        body='<tile><visual><binding template="TileNew" fallback="TileSquareText04">'
        "<text>a</text></binding></visual></tile>",
    )

    assert sender.device.tile is not None


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(
    kind=st.sampled_from(["toast", "tile", "badge"]),
    parts=st.lists(
        st.one_of(
            st.sampled_from(["<toast>", "<visual>", "</visual>", toast(), "<tile/>", "</toast>"]),
            st.sampled_from(['<badge value="', '"/>', "<![CDATA[", "&amp;", "&#0;", "lang='x'"]),
            st.text(max_size=5),
        ),
        max_size=12,
    ),
)
def test_any_payload_is_either_shown_or_discarded(kind: str, parts: list[str]) -> None:
    body = "".join(parts).encode("utf-8", errors="surrogatepass")
    readers = {"toast": read_toast, "tile": lambda root: read_tile(root, "medium")}
    with contextlib.suppress(PayloadDiscardedError):
        root = read_document(kind, body, accepts_bom=False)
        readers.get(kind, read_badge)(root)


@pytest.mark.parametrize("tail", ["-a" * 2400, "-bcdef" * 800, "a" * 4800, "-x" * 2000 + "-"])
def test_malformed_language_is_checked_in_linear_time(sender: Sender, tail: str) -> None:
    body = toast().replace("<visual", f'<visual lang="en{tail}"')

    assert sender.notify(body=body).status == 200
