"""The players of a direct request, cut into deliveries."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

from push.channels.models import DEVICES_PER_PLAYER
from push.dispatch.chunks import MAX_BYTES, TARGET_BYTES, Addresser, ChunkSize, fitting
from push.notifications.direct_plans import DirectPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from push.channels.sendable import SendableChannel
    from push.dispatch.chunks import Addressed
    from push.notifications.players import SkipReason
    from push.requests.rendering import Renderer

PLAYERS_PER_CHUNK = 10


class DirectChunks:
    """The players of one request with their channels, in the request's order."""

    def __init__(
        self, renderer: Renderer, found: Mapping[str, Sequence[SendableChannel]], now: float
    ) -> None:
        """`now`: epoch seconds."""
        self._renderer = renderer
        self._addresser = Addresser(renderer)
        self._found = found
        self._now = now
        self._devices: dict[str, list[Addressed]] = {}

    def plan(self) -> DirectPlan:
        """Return a plan: a chunk ends where it has ten players to send to, or is full."""
        chunk_starts: list[int] = []
        skipped: dict[SkipReason, list[str]] = {}
        size, players, recipients = ChunkSize(), 0, 0
        for index, (player, channels) in enumerate(self._found.items()):
            if not channels:
                skipped.setdefault("no_channel", []).append(player)
                continue
            if self._renderer.skips(channels, self._now):
                skipped.setdefault("in_game", []).append(player)
                continue
            devices = self._addressed(player)
            recipients += len(devices)
            is_full = players == PLAYERS_PER_CHUNK or not size.add_if_below(TARGET_BYTES, devices)
            if not chunk_starts or is_full:
                chunk_starts.append(index if chunk_starts else 0)
                if is_full:
                    size, players = ChunkSize(), 0
                    size.add_if_below(MAX_BYTES, devices)
            players += 1
        return DirectPlan(
            chunk_starts=tuple(chunk_starts),
            requested=len(self._found),
            recipients=recipients,
            skipped={reason: tuple(names) for reason, names in skipped.items()},
        )

    def messages(self, plan: DirectPlan) -> Iterator[str]:
        """Yield the message of one delivery per chunk of a plan, even an empty one: every delivery
        that is counted must finish. Players whom the plan skips stay skipped."""
        skipped = {player for players in plan.skipped.values() for player in players}
        players = list(self._found)
        ends = [*plan.chunk_starts[1:], len(players)]
        for number, (start, end) in enumerate(zip(plan.chunk_starts, ends, strict=False)):
            recipients = [
                device
                for player in players[start:end]
                if player not in skipped
                for device in self._addressed(player)
            ]
            yield self._addresser.message(str(number), fitting(recipients), self._now)

    def _addressed(self, player: str) -> list[Addressed]:
        devices = self._devices.get(player)
        if devices is None:
            channels = self._found[player]
            latest = nlargest(DEVICES_PER_PLAYER, channels, key=lambda each: each.renewed_at)
            devices = self._devices[player] = self._addresser.address(latest)
        return devices
