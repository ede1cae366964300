"""Notifications: content, headers, contradicting options, and removals."""

import dataclasses
from typing import get_args

import pytest

from tests.unit.wns.refusals import refusal, refusals
from wns.badge import Badge
from wns.content import NotificationContent, Payload
from wns.errors import InvalidNotificationError, PayloadTooLargeError, WnsError
from wns.notification import Kind, Notification, NotificationOptions, ToastRemoval
from wns.raw import Raw
from wns.tile import Tile
from wns.toast import Toast

PAYLOADS: dict[str, Payload] = {
    "toast": Toast(texts=["a"]),
    "tile": Tile(medium={"content": ["a"]}),
    "badge": Badge(value=1),
    "raw": Raw(text="a"),
}
KINDS = get_args(Kind)


def headers(kind, **options):
    return Notification.of(PAYLOADS[kind], NotificationOptions(**options)).headers


def removal(target):
    return ToastRemoval.of(**target)


def contradiction(kind, **options):
    with pytest.raises(InvalidNotificationError) as error:
        headers(kind, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("toast", {"Content-Type": "text/xml", "X-WNS-Type": "wns/toast"}),
        ("tile", {"Content-Type": "text/xml", "X-WNS-Type": "wns/tile"}),
        ("badge", {"Content-Type": "text/xml", "X-WNS-Type": "wns/badge"}),
        ("raw", {"Content-Type": "application/octet-stream", "X-WNS-Type": "wns/raw"}),
    ],
)
def test_notification_without_options_has_only_the_required_headers(kind, expected):
    notification = Notification.of(PAYLOADS[kind])

    assert notification.kind == kind
    assert notification.headers == expected


def test_body_is_that_of_the_payload():
    assert Notification.of(Badge(value=1)).body == b'<badge value="1"/>'
    assert Notification.of(Raw(base64="AAE=")).body == b"\x00\x01"


@pytest.mark.parametrize(
    ("kind", "options", "header"),
    [
        ("toast", {"ttl_seconds": 3600}, {"X-WNS-TTL": "3600"}),
        ("badge", {"priority": 1}, {"X-WNS-PRIORITY": "1"}),
        ("raw", {"priority": "4"}, {"X-WNS-PRIORITY": "4"}),
        ("tile", {"tag": "match7"}, {"X-WNS-Tag": "match7"}),
        ("toast", {"tag": "a" * 64}, {"X-WNS-Tag": "a" * 64}),
        ("tile", {"tag": "a" * 16}, {"X-WNS-Tag": "a" * 16}),
        ("toast", {"group": "B" * 64}, {"X-WNS-Group": "B" * 64}),
        ("raw", {"cache_policy": "cache"}, {"X-WNS-Cache-Policy": "cache"}),
        ("tile", {"cache_policy": "no-cache"}, {"X-WNS-Cache-Policy": "no-cache"}),
        ("toast", {"cache_policy": "cache"}, {"X-WNS-Cache-Policy": "cache"}),
        ("toast", {"suppress_popup": True}, {"X-WNS-SuppressPopup": "true"}),
        ("toast", {"suppress_popup": False}, {}),
        ("toast", {"collection_id": "clan 42"}, {"X-WNS-CollectionId": "clan 42"}),
        ("badge", {"request_for_status": True}, {"X-WNS-RequestForStatus": "true"}),
        ("badge", {"request_for_status": False}, {}),
        (
            "raw",
            {"cache_policy": "cache", "ttl_seconds": 60},
            {"X-WNS-Cache-Policy": "cache", "X-WNS-TTL": "60"},
        ),
    ],
)
def test_option_is_written_as_its_header(kind, options, header):
    assert headers(kind, **options) == headers(kind) | header


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", [None, "no-cache"])
def test_notification_with_ttl_0_is_not_cached(kind, policy):
    assert headers(kind, ttl_seconds=0, cache_policy=policy) == headers(kind) | {
        "X-WNS-TTL": "0",
        "X-WNS-Cache-Policy": "no-cache",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_ttl_0_contradicts_cache(kind):
    assert contradiction(kind, ttl_seconds=0, cache_policy="cache") == (
        "ttl_seconds 0 contradicts cache_policy cache, so WNS would reject the request: set"
        " ttl_seconds above 0 or cache_policy to no-cache."
    )


@pytest.mark.parametrize(
    ("option", "value", "kinds"),
    [
        ("tag", "a", ["tile", "toast"]),
        ("group", "a", ["toast"]),
        ("suppress_popup", True, ["toast"]),
        ("suppress_popup", False, ["toast"]),
        ("collection_id", "a", ["toast"]),
    ],
)
def test_option_is_refused_for_other_kinds_and_dropped_by_for_kind(option, value, kinds):
    for kind in set(KINDS) - set(kinds):
        assert contradiction(kind, **{option: value}) == (
            f"{option} does not apply to kind {kind}, only to {', '.join(kinds)}: remove it."
        )
        shared = NotificationOptions(**{option: value}, priority=2)
        assert shared.for_kind(kind) == NotificationOptions(priority=2)
    for kind in kinds:
        assert NotificationOptions(**{option: value}).for_kind(kind) == NotificationOptions(
            **{option: value}
        )


@pytest.mark.parametrize(
    ("kind", "option", "limit"), [("tile", "tag", 16), ("toast", "tag", 64), ("toast", "group", 64)]
)
def test_label_over_its_limit_is_refused(kind, option, limit):
    assert contradiction(kind, **{option: "a" * (limit + 1)}) == (
        f"{option} must have at most {limit} characters; got {limit + 1}."
    )


@pytest.mark.parametrize(
    "label", ["", "a b", "a-b", "ä", "a\n", "a\r\nX-WNS-Type: wns/raw", "a;all"]
)
@pytest.mark.parametrize("option", ["tag", "group"])
def test_label_with_other_than_letters_and_digits_is_refused(option, label):
    assert refusal(NotificationOptions, {option: label}) == (
        "tag and group must be ASCII letters and digits only."
    )


@pytest.mark.parametrize("collection", ["", " a", "a ", "ä", "a\r\nb", "a\tb"])
def test_collection_id_that_no_header_can_hold_is_refused(collection):
    assert refusal(NotificationOptions, {"collection_id": collection}) == (
        "collection_id must be printable ASCII without a space at either end."
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"ttl_seconds": -1}, "Input should be greater than or equal to 0"),
        ({"ttl_seconds": 2**31}, "Input should be less than or equal to 2147483647"),
        ({"priority": 0}, "Input should be greater than or equal to 1"),
        ({"priority": 5}, "Input should be less than or equal to 4"),
        ({"priority": True}, "The value must be a number, not true or false."),
        ({"cache_policy": "none"}, "Input should be 'cache' or 'no-cache'"),
        ({"ttl": 1}, "Extra inputs are not permitted"),
    ],
)
def test_option_out_of_range_is_refused(options, reason):
    assert refusal(NotificationOptions, options) == reason


def test_body_has_at_most_5000_bytes():
    assert len(Notification.of(Raw(text="ä" * 2500)).body) == 5000

    with pytest.raises(PayloadTooLargeError) as error:
        Notification.of(Raw(text="ä" * 2500 + "a"))

    assert (error.value.size, error.value.limit) == (5001, 5000)
    assert "5,001" in str(error.value)
    assert isinstance(error.value, WnsError)


def test_size_of_a_toast_counts_bytes_after_escaping():
    with pytest.raises(PayloadTooLargeError) as error:
        Notification.of(Toast(texts=["&" * 1000]))

    assert error.value.size == len(Toast(texts=["&" * 1000]).to_xml()) > 5000


@pytest.mark.parametrize("kind", KINDS)
def test_payload_is_the_one_that_is_set(kind):
    payload = PAYLOADS[kind]
    content = NotificationContent.model_validate(
        dict.fromkeys(KINDS) | {kind: payload.model_dump(exclude_unset=True)}
    )

    assert content.payload == payload
    assert Notification.of(content.payload) == Notification.of(payload)


@pytest.mark.parametrize(
    "fields",
    [{}, {"toast": None}, {"badge": {"value": 1}, "raw": {"text": "a"}}],
)
def test_content_with_none_or_several_kinds_is_refused(fields):
    assert refusal(NotificationContent, fields) == (
        "A notification must have exactly one of toast, tile, badge and raw."
    )


def test_error_in_a_payload_has_its_path():
    content = {"toast": {"texts": ["a"], "buttons": [{"content": "b", "arguments": "c", "x": 1}]}}

    assert refusals(NotificationContent, content) == [
        ("toast.buttons.0.x", "Extra inputs are not permitted")
    ]
    assert refusals(NotificationContent, {"popup": {}})[0][0] == "popup"


def test_json_schema_describes_models_fields_and_limits():
    schema = NotificationContent.model_json_schema()
    models = schema["$defs"]

    assert (schema["minProperties"], schema["maxProperties"]) == (1, 1)
    assert models["Toast"]["properties"]["texts"]["maxItems"] == 3
    assert models["Toast"]["properties"]["inputs"]["maxItems"] == 5
    assert models["SelectionInput"]["properties"]["selections"]["maxItems"] == 5
    assert models["Group"]["properties"]["subgroups"]["minItems"] == 1
    assert {"type": "string"} in models["Toast"]["properties"]["texts"]["items"]["anyOf"]
    assert len(models["LegacyTile"]["properties"]["template"]["enum"]) == 126
    assert models["TextInput"]["properties"]["id"]["minLength"] == 1
    assert {"type": "integer", "minimum": 1, "maximum": 2**31 - 1} in models["Badge"]["properties"][
        "version"
    ]["anyOf"]
    options = NotificationOptions.model_json_schema()
    assert options["properties"]["priority"]["anyOf"][0] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 4,
    }
    assert all(model["additionalProperties"] is False for model in models.values())
    for model in [*models.values(), options]:
        assert model["description"]
        assert all("description" in field for field in model["properties"].values()), model["title"]


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ({"tag": "a", "group": "b"}, "type:wns/toast;group=b;tag=a"),
        ({"group": "b"}, "type:wns/toast;group=b"),
        ({"tag": "a"}, "type:wns/toast;tag=a"),
        ({"all": True}, "type:wns/toast;all"),
        ({"tag": "a", "group": "b", "separator": "="}, "type=wns/toast;group=b;tag=a"),
        ({"all": True, "separator": "="}, "type=wns/toast;all"),
    ],
)
def test_removal_is_written_as_its_match_header(target, match):
    assert removal(target).headers == {"X-WNS-Match": match}


@pytest.mark.parametrize("target", [{}, {"tag": ""}, {"all": True, "tag": "a"}])
def test_removal_with_no_or_contradicting_targets_is_refused(target):
    with pytest.raises(InvalidNotificationError, match="Set either all, or tag, group or both"):
        removal(target)


@pytest.mark.parametrize("option", ["tag", "group"])
def test_removal_by_a_label_that_no_toast_can_have_is_refused(option):
    with pytest.raises(
        InvalidNotificationError, match=f"^{option} must be ASCII letters and digits"
    ):
        removal({option: "a;all"})
    with pytest.raises(
        InvalidNotificationError, match=f"^{option} must have at most 64 characters; got 65"
    ):
        removal({option: "a" * 65})


def test_notification_is_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Notification.of(Badge(value=1)).body = b""  # type: ignore[misc]  # mypy refuses it too
