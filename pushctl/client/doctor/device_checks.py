"""Checks of a template, a player and a device."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from push.channels.table import Channels
from pushctl.client.aws import map_aws_errors
from pushctl.client.doctor.causes import Cause, Finding, found, ok
from pushctl.client.errors import NotFoundError
from pushctl.client.templates import get_template
from pushctl.client.when import ago, clock_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from push.apps.models import App
    from push.channels.models import Channel
    from push.templates.models import Template
    from pushctl.client.stack import Stack


def find_template(
    stack: Stack, app_id: str, template_id: str
) -> tuple[Template | None, list[Finding]]:
    """Return a template, None if there is none, and what is found about it."""
    try:
        template = get_template(stack, app_id, template_id)
    except NotFoundError as error:
        return None, [found("template", Cause.TEMPLATE_UNKNOWN, app_id, str(error))]
    if template.push_enabled:
        return template, [ok("template", f"template '{template_id}' is there and switched on")]
    sentence = f"template '{template_id}' is switched off"
    return template, [found("template", Cause.TEMPLATE_DISABLED, app_id, sentence)]


def channels_of(stack: Stack, app_id: str, player_id: str) -> list[Channel]:
    """Return a player's channels, expired or not."""
    with map_aws_errors("read the player's channels"):
        return list(Channels(stack.table("ChannelsTable")).all_of_player(app_id, player_id))


def check_channels(
    app: App,
    player_id: str,
    device_id: str | None,
    channels: Sequence[Channel],
    template: Template | None,
) -> Iterator[Finding]:
    """Yield what is found about a player's channels, or one device's."""
    now = time.time()
    chosen = [each for each in channels if device_id in {None, each.device_id}]
    if not chosen:
        others = f"; there are {', '.join(each.device_id for each in channels)}" if channels else ""
        subject = f"device '{device_id}'" if device_id else f"player '{player_id}'"
        sentence = f"{subject} has no channel{others}"
        yield found("channel", Cause.CHANNEL_MISSING, app.app_id, sentence)
        return
    skips = template is not None and template.options.skip_players_in_game
    for channel in chosen:
        if channel.expires_at <= now:
            expired = clock_time(channel.expires_at)
            sentence = f"{channel.device_id}: the channel expired at {expired}"
            yield found("channel", Cause.CHANNEL_EXPIRED, app.app_id, sentence)
            continue
        renewed = ago(now - channel.renewed_at)
        yield ok("channel", f"{channel.device_id}: registered {renewed} on {channel.host}")
        if template is not None:
            yield _check_language(app, template, channel)
        if channel.in_game(now):
            sentence = f"{channel.device_id}: the player is in the game now"
            if skips or app.defaults.model_dump().get("skip_players_in_game"):
                yield found("in game", Cause.IN_GAME, app.app_id, sentence, level="note")
            else:
                yield ok("in game", f"{sentence}, and is notified all the same")


def _check_language(app: App, template: Template, channel: Channel) -> Finding:
    if channel.locale is None:
        sentence = f"{channel.device_id}: no language is known; it gets {template.default_locale}"
        return ok("language", sentence)
    chosen = template.locale_for(channel.locale)
    if chosen.split("-")[0].lower() == channel.locale.split("-")[0].lower():
        return ok("language", f"{channel.device_id}: {channel.locale} gets the texts of {chosen}")
    sentence = (
        f"{channel.device_id}: template '{template.template_id}' has no {channel.locale}; it gets"
        f" {chosen}"
    )
    return found("language", Cause.LANGUAGE_MISSING, app.app_id, sentence)
