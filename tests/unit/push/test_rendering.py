"""Rendering: templates filled, languages chosen, options laid over one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from push.apps.models import App
from push.channels.sendable import SendableChannel
from push.delivery.queue import read_delivery
from push.dispatch.chunks import Addresser
from push.errors import InvalidRequestError
from push.requests.models import Request
from push.requests.rendering import Renderer
from push.templates.models import Options, Template, fill, merge
from wns.notification import NotificationOptions

if TYPE_CHECKING:
    from push.delivery.models import Delivery


def app(**more: Any) -> App:
    fields = {"app_id": "my-game", "name": "My Game", "token_audiences": ["windows-game"]}
    return App.model_validate(fields | more)


def template(**more: Any) -> Template:
    fields = {
        "template_id": "T",
        "default_locale": "en-US",
        "locales": {
            "en-US": {"toast": {"texts": ["Hi ${name}"]}, "badge": {"value": "${count}"}},
            "pt": {"toast": {"texts": ["Oi ${name}"]}},
            "pt-PT": {"toast": {"texts": ["Olá ${name}"]}},
        },
    }
    return Template.model_validate(fields | more)


def request(**more: Any) -> Request:
    fields = {
        "request_id": "r-1",
        "app_id": "my-game",
        "audience": {"players": ["p"]},
        "template": "T",
        "parameters": {"name": "Alex", "count": 3},
    }
    return Request.model_validate(fields | more)


def channel(locale: str | None = None, in_game_until: int | None = None) -> SendableChannel:
    return SendableChannel.of_item(
        {
            "pk": "my-game#p",
            "sk": "d",
            "channel_uri": "https://cloud.notify.windows.com/?token=x",
            "locale": locale,
            "expires_at": 10,
            "in_game_until": in_game_until,
        }
    )


def deliver(renderer: Renderer, channels: list[SendableChannel]) -> Delivery:
    addresser = Addresser(renderer)
    return read_delivery(addresser.message("0", addresser.address(channels), 1000))


@pytest.mark.parametrize(
    ("wanted", "served"),
    [
        ("pt-PT", "pt-PT"),
        ("pt-BR", "pt"),
        ("PT-br", "pt"),
        ("pt-Latn-BR", "pt"),
        ("de", "en-US"),
        ("en-US", "en-US"),
        ("en", "en-US"),
        (None, "en-US"),
        ("", "en-US"),
    ],
)
def test_language_falls_back_from_region_to_language_to_default(
    wanted: str | None, served: str
) -> None:
    assert template().locale_for(wanted) == served


def test_each_kind_of_a_template_is_rendered() -> None:
    toast, badge = Renderer(app(), request(), template()).render("en-US")
    assert "<text>Hi Alex</text>" in toast.body
    assert badge.body == '<badge value="3"/>'


def test_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert fill({"a": ["${x}"]}, {"x": "${y}", "y": "no"}) == {"a": ["${y}"]}


def test_missing_parameters_are_named_all_at_once() -> None:
    renderer = Renderer(app(), request(parameters={}), template())
    with pytest.raises(InvalidRequestError) as caught:
        renderer.check()
    assert [flaw.field for flaw in caught.value.field_errors] == [
        "parameters.count",
        "parameters.name",
    ]


def test_parameter_of_another_language_is_missed_too() -> None:
    """A player of any language may be in the audience."""
    french = template().locales | {"fr": {"toast": {"texts": ["${nom}"]}}}
    with pytest.raises(InvalidRequestError):
        Renderer(app(), request(), template(locales=french)).check()


def test_parameter_that_makes_no_notification_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Renderer(app(), request(parameters={"name": "A", "count": "many"}), template()).check()
    assert caught.value.field_errors[0].field == "locales.en-US.badge.value"


@pytest.mark.parametrize("kind", ["tile", "badge"])
def test_entra_app_refuses_what_the_windows_app_sdk_does_not_show(kind: str) -> None:
    content: dict[str, Any] = {"tile": {"medium": {"content": ["Hi"]}}, "badge": {"value": 1}}
    whole = request(template=None, notification={kind: content[kind]})
    with pytest.raises(InvalidRequestError, match="entra"):
        Renderer(app(identity="entra"), whole, None).check()


def test_request_goes_over_template_and_template_over_app() -> None:
    in_force = merge(
        NotificationOptions(ttl_seconds=1, priority=1, tag="app"),
        Options(ttl_seconds=2, priority=2),
        Options(ttl_seconds=3),
    )
    assert (in_force.ttl_seconds, in_force.priority, in_force.tag) == (3, 2, "app")


def test_options_of_a_template_apply_where_they_can() -> None:
    renderer = Renderer(app(), request(options={"tag": "duel", "group": "g"}), template())
    toast, badge = renderer.render(None)
    assert toast.headers["X-WNS-Group"] == "g"
    assert "X-WNS-Group" not in badge.headers


def test_option_that_does_not_fit_an_inline_notification_is_refused() -> None:
    whole = request(template=None, notification={"badge": {"value": 1}}, options={"group": "g"})
    with pytest.raises(InvalidRequestError):
        Renderer(app(), whole, None).check()


def test_toast_without_a_tag_gets_that_of_its_notification() -> None:
    toast, badge = Renderer(app(), request(), template()).render(None)
    assert toast.headers["X-WNS-Tag"] == request().notification_id[:16]
    assert "X-WNS-Tag" not in badge.headers


def test_delivery_holds_each_text_once() -> None:
    channels = [channel("en-US"), channel("en-US"), channel("pt-BR"), channel("pt")]
    delivery = deliver(Renderer(app(), request(), template()), channels)
    assert len(delivery.payloads) == 3
    assert [delivery.kind_for(each) for each in delivery.channels] == [
        *("toast", "badge", "toast", "badge"),
        *("toast", "toast"),
    ]


@pytest.mark.parametrize(("ttl_seconds", "life_s"), [(None, 86_400), (600, 600), (0, 60)])
def test_delivery_lives_as_long_as_its_notification(ttl_seconds: int | None, life_s: int) -> None:
    options = {"ttl_seconds": ttl_seconds}
    renderer = Renderer(app(), request(options=options), template())
    assert deliver(renderer, [channel()]).expires_at == 1000 + life_s


@pytest.mark.parametrize(
    ("asked", "until", "alone"),
    [(True, 1001, True), (True, 1000, False), (True, None, False), (False, 1001, False)],
)
def test_player_in_game_is_skipped_only_on_request(
    asked: bool, until: int | None, alone: bool
) -> None:
    renderer = Renderer(app(), request(options={"skip_players_in_game": asked}), template())
    assert renderer.skips([channel(), channel(in_game_until=until)], 1000) is alone
