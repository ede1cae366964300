"""Whom a page of a broadcast notifies: its channels, without those of players in the game.

A player's channels follow one another, and a page ends between two players where it can. Each
player is counted once, on the page where the first of their channels is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.channels.keys import device_key
from push.dispatch.pages import PageAudience

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.channels.sendable import SendableChannel
    from push.dispatch.pages import Page
    from push.requests.rendering import Renderer


def player_border(found: Sequence[SendableChannel], following: str | None) -> str | None:
    """Return where the next page starts: at the first key of the player whose channels the page
    would cut in two, if it has other players; else at `following`."""
    if following is None:
        return None
    border = device_key(following.rpartition("#")[0], "")
    return border if any(channel.device_key < border for channel in found) else following


def audience_of(
    page: Page,
    end: str | None,
    found: Sequence[SendableChannel],
    renderer: Renderer,
    look_up: Callable[[Sequence[str]], Mapping[str, Sequence[SendableChannel]]],
    *,
    topic: str | None,
    now: float,
) -> PageAudience:
    """Return whom to notify.

    Args:
        end: where the page ends, None for the end of the shard.
        found: the page's channels in the order of their keys.
        look_up: returns all channels of players.
        topic: the broadcast's topic, None if it goes to everyone.
    """
    by_player: dict[str, list[SendableChannel]] = {}
    for channel in found:
        by_player.setdefault(channel.player_id, []).append(channel)
    # A player may be in the game on a device that does not subscribe to the topic, or that is on
    # another page.
    skips = bool(renderer.options.skip_players_in_game)
    skips_by_all = topic is not None and skips
    incomplete = [
        player
        for player in by_player
        if skips_by_all or _is_cut(player, page.start) or _is_cut(player, end)
    ]
    whole = look_up(incomplete) if incomplete else {}
    reached, in_game, left_out = 0, 0, set()
    for player, of_page in by_player.items():
        every, is_first = of_page, True
        if player in whole:
            every = [*of_page, *whole[player]]
            addressed = (each for each in every if topic is None or topic in each.topics)
            is_first = min(each.device_key for each in addressed) >= (page.start or "")
        if skips and renderer.skips(every, now):
            left_out.add(player)
            in_game += is_first
        else:
            reached += is_first
    if left_out:
        found = [channel for channel in found if channel.player_id not in left_out]
    return PageAudience(found, reached, in_game)


def _is_cut(player: str, border: str | None) -> bool:
    """Return whether a border is among the keys of a player's devices."""
    first = device_key(player, "")
    return border is not None and border != first and border.startswith(first)
