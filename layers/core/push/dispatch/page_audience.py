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

    from push.channels.models import Channel
    from push.dispatch.pages import Page
    from push.requests.rendering import Renderer


def player_border(found: Sequence[Channel], following: str | None) -> str | None:
    """Return where the next page starts: at the first key of the player whose channels the page
    would cut in two, if it has other players; else at `following`."""
    if following is None:
        return None
    border = device_key(following.rpartition("#")[0], "")
    return border if any(channel.device_key < border for channel in found) else following


def audience_of(
    page: Page,
    end: str | None,
    found: Sequence[Channel],
    renderer: Renderer,
    look_up: Callable[[Sequence[str]], Mapping[str, Sequence[Channel]]],
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
    by_player: dict[str, list[Channel]] = {}
    for channel in found:
        by_player.setdefault(channel.player_id, []).append(channel)
    # A player may be in the game on a device that does not subscribe to the topic, or that is on
    # another page.
    skips_by_all = topic is not None and bool(renderer.options.skip_players_in_game)
    incomplete = [
        player
        for player in by_player
        if skips_by_all or _is_cut(player, page.start) or _is_cut(player, end)
    ]
    whole = look_up(incomplete) if incomplete else {}
    reached, in_game, left_out = 0, 0, set()
    for player, of_page in by_player.items():
        every = [*of_page, *whole.get(player, ())]
        addressed = (each for each in every if topic is None or topic in each.topics)
        is_first = page.start is None or min(each.device_key for each in addressed) >= page.start
        if renderer.skips(every, now):
            left_out.add(player)
            in_game += is_first
        else:
            reached += is_first
    channels = [channel for channel in found if channel.player_id not in left_out]
    return PageAudience(channels, reached, in_game)


def _is_cut(player: str, border: str | None) -> bool:
    """Return whether a border is among the keys of a player's devices."""
    first = device_key(player, "")
    return border is not None and border != first and border.startswith(first)
