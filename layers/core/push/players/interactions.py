"""Takes interactions: verified against the record, counted and published once each.

No secret proves that a player received a toast: the outcomes that the sender recorded do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from push.apps.game_events import GameEvent
from push.errors import EventBusUnavailableError, NotDecidedYetError
from push.notifications.chunks import CLAIM, items_of_chunk, partition_of
from push.notifications.interactions import counted_as
from push.notifications.outcomes import decode_outcomes
from push.players.models import InteractionResult
from push.players.store import Place, Stored
from push.templates.tracking import action_name, without_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.apps.game_events import GameEvents
    from push.apps.table import AppCache
    from push.channels.registration import Caller
    from push.notifications.outcomes import Outcomes
    from push.notifications.record import Notifications
    from push.players.models import Interaction, RefusalReason
    from push.players.store import InteractionStore

_NEVER_SHOWN = frozenset(
    {
        *("cancelled", "removed", "refused", "rejected", "forbidden"),
        *("channel_gone", "sender_blocked", "quota_exceeded"),
    }
)
"""Outcomes of toasts that WNS certainly did not deliver."""

_PAUSES_S = (0.1, 0.2, 0.4)
"""How long to wait for a write of another worker. Outcomes are recorded within half a second."""

_ACCEPTED = InteractionResult(status="accepted")
_DUPLICATE = InteractionResult(status="duplicate")


@dataclass(slots=True)
class _Known:
    """What was read for a request: summaries by notification, outcomes by chunk."""

    records: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    outcomes: dict[str, Outcomes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InteractionIntake:
    """Takes interactions of players. `clock` gives epoch seconds, `sleep` takes seconds."""

    apps: AppCache
    notifications: Notifications
    store: InteractionStore
    events: GameEvents
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def take(
        self, caller: Caller, app_id: str, interactions: Sequence[Interaction]
    ) -> list[InteractionResult]:
        """Take interactions of a player; return the result for each.

        the notification is unknown, expired, another app's or not tracked → refused
        the record has no such recipient, or WNS did not deliver to them   → refused
        it was taken before                                                → duplicate
        otherwise                                        → stored, counted and published

        Raises:
            NotFoundError, ForbiddenError: the app does not exist, or does not accept the token.
            NotDecidedYetError, TablesUnavailableError, EventBusUnavailableError: the same request
                may be sent again; what was accepted is a duplicate then.
        """
        app = self.apps.get(app_id, self.clock())
        app.check_audience(caller.audiences)
        publishes = "NotificationInteraction" in app.events
        known = _Known()
        results: list[InteractionResult] = []
        leased: list[tuple[Place, Mapping[str, Any]]] = []
        try:
            for interaction in interactions:
                record = self._record(app_id, interaction, known)
                refusal = self._refusal(caller, interaction, record, known)
                if record is None or refusal is not None:
                    results.append(InteractionResult(status="refused", reason=refusal))
                    continue
                place = _place(caller, interaction, record)
                if any(place.is_same(other) for other, _ in leased):
                    results.append(_DUPLICATE)
                    continue
                stored = self._put(place, is_published=not publishes)
                if stored is Stored.LEASED:
                    leased.append((place, record))
                results.append(_result(stored, is_new=not publishes))
        finally:
            self._publish(leased)
        return results

    def _record(
        self, app_id: str, interaction: Interaction, known: _Known
    ) -> Mapping[str, Any] | None:
        """Return the summary of an app's tracked notification, None if there is none."""
        notification_id = interaction.notification_id
        if notification_id not in known.records:
            found = self.notifications.find(notification_id)
            known.records[notification_id] = found.item if found else None
        record = known.records[notification_id]
        is_ours = record is not None and record["app_id"] == app_id and record.get("tracked")
        return record if is_ours else None

    def _refusal(
        self,
        caller: Caller,
        interaction: Interaction,
        record: Mapping[str, Any] | None,
        known: _Known,
    ) -> RefusalReason | None:
        """Return why an interaction is refused, None if its player was a recipient."""
        if record is None:
            return "unknown_notification"
        name = f"{caller.player_id}#{interaction.device_id}#toast"
        for pause_s in (*_PAUSES_S, None):
            outcome, is_sending = self._outcome(interaction, name, known)
            if outcome is not None:
                return "not_a_recipient" if outcome in _NEVER_SHOWN else None
            if not is_sending:
                return "not_a_recipient"
            if pause_s is not None:
                self.sleep(pause_s)
        raise NotDecidedYetError("the outcome of the notification is being recorded; try again")

    def _outcome(
        self, interaction: Interaction, name: str, known: _Known
    ) -> tuple[str | None, bool]:
        """Return a recipient's recorded outcome, None if there is none, and whether the delivery is
        being sent."""
        partition = partition_of(interaction.notification_id, interaction.chunk)
        if name in known.outcomes.get(partition, {}):
            return str(known.outcomes[partition][name]["outcome"]), False
        outcomes: Outcomes = {}
        is_sending = False
        for item in items_of_chunk(self.store.table, partition):
            outcomes |= decode_outcomes(item)
            if item["sk"] == CLAIM:
                is_sending = int(item["lease_until"]) > self.clock()
        known.outcomes[partition] = outcomes
        outcome = outcomes.get(name)
        return (None if outcome is None else str(outcome["outcome"])), is_sending

    def _put(self, place: Place, *, is_published: bool) -> Stored:
        for pause_s in (*_PAUSES_S, None):
            stored = self.store.put(place, self.clock(), is_published=is_published)
            if stored is not Stored.BUSY:
                return stored
            if pause_s is not None:
                self.sleep(pause_s)
        raise NotDecidedYetError("the interaction is being taken by another worker; try again")

    def _publish(self, leased: Sequence[tuple[Place, Mapping[str, Any]]]) -> None:
        """Publish interactions, and note it. Should the note be lost, the next copy of the
        interaction is published again, with the same id."""
        if not leased:
            return
        now = self.clock()
        try:
            self.events.publish([_event(place, record, now) for place, record in leased])
        except EventBusUnavailableError:
            for place, _ in leased:
                self.store.end(place, now, is_published=False)
            raise
        for place, _ in leased:
            self.store.end(place, now, is_published=True)


def _place(caller: Caller, interaction: Interaction, record: Mapping[str, Any]) -> Place:
    action = without_argument(interaction.action or "")
    return Place(
        app_id=str(record["app_id"]),
        player_id=caller.player_id,
        interaction=interaction,
        action=action,
        counted=counted_as(interaction.kind, action_name(action)),
        expires_at=int(record["expires_at"]),
    )


def _result(stored: Stored, *, is_new: bool) -> InteractionResult:
    """Return the result of storing; `is_new`: an interaction that is not published counts as new
    each time, as its first copy and its others look alike."""
    if stored is Stored.REFUSED:
        return InteractionResult(status="refused", reason="too_many")
    return _ACCEPTED if stored is Stored.LEASED or is_new else _DUPLICATE


def _event(place: Place, record: Mapping[str, Any], now: float) -> GameEvent:
    interaction = place.interaction
    return GameEvent(
        "NotificationInteraction",
        (
            interaction.notification_id,
            place.player_id,
            interaction.device_id,
            interaction.kind,
            place.action,
        ),
        {
            "app_id": place.app_id,
            "player_id": place.player_id,
            "device_id": interaction.device_id,
            "notification_id": interaction.notification_id,
            "request_id": str(record["request_id"]),
            "template": record.get("template"),
            "kind": interaction.kind,
            "action": place.action or None,
            "inputs": dict(interaction.inputs),
            "at": interaction.at,
            "received_at": int(now),
        },
    )
