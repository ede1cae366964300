"""Use case: deliveries go out to WNS, each channel once, and every outcome is recorded.

A batch of deliveries is claimed, sent all at once, recorded as it goes and closed. What has to wait
goes back on its queue as a smaller delivery with the next attempt's number, after the record says
so: if the worker dies in between, the first message comes again, finds that it was superseded, and
queues the rest itself.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from push.chunks import Busy, Claim, Finished, LostClaimError, Superseded
from push.errors import AccessTokenMissingError, NotFoundError
from push.rate import Wait
from wns.client import Send
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from push.access_tokens import AccessTokenCache
    from push.announcements import Rejections
    from push.apps import App, AppCache
    from push.channels import Channels
    from push.chunks import Chunks, Outcomes
    from push.deliveries import Addressed, Delivery, DeliveryQueue, Lane
    from push.notifications import Notifications
    from push.rate import Budgets
    from wns.client import WnsClient
    from wns.oauth import AccessToken
    from wns.result import SendResult

_FLUSH_COUNT = 25
_FLUSH_S = 0.5
_BUDGET_BLOCK = 50
_BACKOFF_S = 5.0
_BACKOFF_MAX_S = 900.0
_TOKEN_WAIT_S = 20.0
_STOPPED_WAIT_S = 900.0
_BRIEF_WAIT_S = 2.0
_OLD_S = 10.0

_TRY_AGAIN = {Outcome.CHANNEL_THROTTLED, Outcome.UNAVAILABLE, Outcome.NOT_STARTED}
_STOPS_THE_APP = {Outcome.QUOTA_EXCEEDED, Outcome.SENDER_BLOCKED}
CANCELLED = "cancelled"
"""Outcome of a channel whose notification was cancelled before it was sent."""
REMOVED = "removed"
"""Outcome of a channel that was removed, or went to another player, before it was sent."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending works with. `clock` gives epoch seconds, `jitter` a random number in [0, 1)."""

    wns: WnsClient
    apps: AppCache
    tokens: AccessTokenCache
    budgets: Budgets
    channels: Channels
    notifications: Notifications
    chunks: Chunks
    queues: Mapping[Lane, DeliveryQueue]
    rejections: Rejections
    clock: Callable[[], float]
    jitter: Callable[[], float]


@dataclass(slots=True)
class _Work:
    """A claimed delivery: what is still to do and what is not recorded yet."""

    claim: Claim
    to_do: list[Addressed]
    app: App | None = None
    token: AccessToken | None = None
    budget: int = 0
    paused_until: float = 0.0
    unrecorded: Outcomes = field(default_factory=dict)
    flushed_at: float = 0.0
    rejected: list[Addressed] = field(default_factory=list)
    later: list[Addressed] = field(default_factory=list)
    wait_s: float = 0.0
    lost: bool = False

    @property
    def delivery(self) -> Delivery:
        return self.claim.delivery

    def put_off(self, channel: Addressed, wait_s: float) -> None:
        self.later.append(channel)
        self.wait_s = max(self.wait_s, wait_s)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a batch: the messages to keep on the queue, and how many outcomes of each
    kind there were."""

    unfinished: Sequence[str]
    counts: Mapping[str, int]


def send(
    batch: Sequence[tuple[str, Delivery]], sending: Sending, *, lease_s: float, deadline: float
) -> Report:
    """Send a batch of (message id, delivery).

    Args:
        lease_s: seconds for which the deliveries are claimed; no shorter than the work can take.
        deadline: `time.monotonic()` value after which no further send is started.
    """
    unfinished: list[str] = []
    works: list[_Work] = []
    counts: Counter[str] = Counter()
    for message_id, delivery in batch:
        if delivery.not_before > sending.clock():
            sending.queues[delivery.lane].put(delivery, sending.clock())
            continue
        claimed = sending.chunks.claim(delivery, message_id, sending.clock(), lease_s)
        match claimed:
            case Claim():
                works.append(_work(claimed, sending, counts))
            case Superseded():
                _requeue_superseded(delivery, claimed, sending)
            case Busy(same_message=True):
                unfinished.append(message_id)
            case Busy() | Finished():
                pass
    _send_once(works, sending, deadline, counts)
    _send_with_newer_tokens(works, sending, deadline, counts)
    for work in works:
        _close(work, sending)
    return Report(unfinished, counts)


def _work(claim: Claim, sending: Sending, counts: Counter[str]) -> _Work:
    """Return what is to do of a claimed delivery; what need not be sent any more is concluded."""
    delivery, now = claim.delivery, sending.clock()
    work = _Work(claim, _left(delivery, claim.outcomes), flushed_at=now)
    unwanted = _unwanted(delivery, work.to_do, sending)
    for channel in work.to_do:
        if channel in unwanted:
            _conclude(work, channel, {"outcome": unwanted[channel]}, counts, sending)
    work.to_do = [channel for channel in work.to_do if channel not in unwanted]
    try:
        work.app = sending.apps.get(delivery.app_id, now)
    except NotFoundError:
        work.app = None
    if work.to_do and work.app is not None and work.app.may_send:
        rejected = next((channel.rejected for channel in work.to_do if channel.rejected), None)
        work.token = _token(delivery.app_id, rejected, sending)
    return work


def _left(delivery: Delivery, outcomes: Outcomes) -> list[Addressed]:
    return [c for c in delivery.channels if c.key(delivery.kind_for(c)) not in outcomes]


def _unwanted(
    delivery: Delivery, channels: Sequence[Addressed], sending: Sending
) -> dict[Addressed, str]:
    """Return the channels that must not be sent to any more, and why, as an outcome."""
    now = sending.clock()
    if now >= delivery.expires_at:
        return dict.fromkeys(channels, str(Outcome.EXPIRED))
    if sending.notifications.state(delivery.notification_id) == CANCELLED:
        return dict.fromkeys(channels, CANCELLED)
    if now - delivery.dispatched_at <= _OLD_S:
        return {}
    devices = {(c.player_id, c.device_id) for c in channels}
    current = sending.channels.current(delivery.app_id, devices, int(now))
    uris = {device: channel.channel_uri for device, channel in current.items()}
    return {c: REMOVED for c in channels if uris.get((c.player_id, c.device_id)) != c.channel_uri}


def _token(app_id: str, rejected: str | None, sending: Sending) -> AccessToken | None:
    """Return an access token other than the rejected one; where none is stored, ask for one."""
    try:
        return sending.tokens.get(app_id, sending.clock(), rejected=rejected)
    except AccessTokenMissingError:
        sending.rejections.announce(app_id, rejected)
        return None


def _requeue_superseded(delivery: Delivery, found: Superseded, sending: Sending) -> None:
    left = _left(delivery, found.outcomes)
    rest = delivery.remainder(left, attempt=found.attempt)
    sending.queues[delivery.lane].put(rest, sending.clock())


def _send_once(
    works: Sequence[_Work], sending: Sending, deadline: float, counts: Counter[str]
) -> None:
    sends = _sends(works, sending, deadline, counts)
    for result in sending.wns.send_all(sends, deadline=deadline):
        work, channel = cast("tuple[_Work, Addressed]", result.reference)
        app_id = work.delivery.app_id
        if result.outcome is Outcome.TOKEN_REJECTED and not channel.rejected:
            work.rejected.append(channel)
        elif result.outcome is Outcome.APP_THROTTLED:
            wait_s = _wait(result, work.delivery.attempt, sending)
            _pause(app_id, wait_s, works, sending)
            work.put_off(channel, wait_s)
        elif result.outcome in _TRY_AGAIN:
            work.put_off(channel, _wait(result, work.delivery.attempt, sending))
        else:
            if result.outcome is Outcome.CHANNEL_GONE:
                sending.channels.remove_gone(
                    app_id, channel.player_id, channel.device_id, channel.channel_uri
                )
            elif result.outcome in _STOPS_THE_APP:
                sending.apps.stop(app_id, str(result.outcome))
                _pause(app_id, _STOPPED_WAIT_S, works, sending)
            _conclude(work, channel, _record(result), counts, sending)


def _pause(app_id: str, wait_s: float, works: Sequence[_Work], sending: Sending) -> None:
    """Let no worker start another send for the app before the time is up."""
    now = sending.clock()
    sending.budgets.pause(app_id, now + wait_s)
    for work in works:
        if work.delivery.app_id == app_id:
            work.budget, work.paused_until = 0, max(work.paused_until, now + wait_s)


def _sends(
    works: Sequence[_Work], sending: Sending, deadline: float, counts: Counter[str]
) -> Iterator[Send | None]:
    """Yield what to send, and None for as long as the app's budget has nothing to give."""
    for work in works:
        delivery = work.delivery
        for number, channel in enumerate(work.to_do):
            if work.lost:
                break
            wait_s = yield from _budget(work, len(work.to_do) - number, sending, deadline)
            life_left_s = int(delivery.expires_at - sending.clock())
            if wait_s is not None:
                work.put_off(channel, wait_s)
            elif life_left_s <= 0:
                _conclude(work, channel, {"outcome": str(Outcome.EXPIRED)}, counts, sending)
            else:
                yield Send(
                    channel_uri=channel.channel_uri,
                    access_token=cast("AccessToken", work.token).value,
                    notification=delivery.payloads[channel.payload].notification(life_left_s),
                    reference=(work, channel),
                )


def _budget(
    work: _Work, wanted: int, sending: Sending, deadline: float
) -> Generator[None, None, float | None]:
    """Take one send out of the app's budget; return the seconds to wait where there is none."""
    if work.app is None or not work.app.may_send:
        return _STOPPED_WAIT_S
    if work.token is None:
        return _TOKEN_WAIT_S
    while work.budget == 0:
        wait_s = work.paused_until - sending.clock()
        if wait_s > _BRIEF_WAIT_S:
            return wait_s
        if wait_s > 0:
            if time.monotonic() >= deadline:
                return 0.0
            yield None
            continue
        taken = sending.budgets.take(
            work.delivery.app_id,
            work.delivery.lane,
            min(wanted, _BUDGET_BLOCK),
            rate=work.app.send_rate,
            now=sending.clock(),
        )
        if isinstance(taken, Wait):
            work.paused_until = taken.until
        else:
            work.budget = taken
    work.budget -= 1
    return None


def _send_with_newer_tokens(
    works: Sequence[_Work], sending: Sending, deadline: float, counts: Counter[str]
) -> None:
    """Send again, once, what went out with an access token that WNS rejected; with none newer,
    later."""
    again = [work for work in works if work.rejected and work.token]
    for work in again:
        rejected = cast("AccessToken", work.token).fingerprint
        work.to_do = [c.model_copy(update={"rejected": rejected}) for c in work.rejected]
        work.rejected = []
        work.token = _token(work.delivery.app_id, rejected, sending)
    _send_once(again, sending, deadline, counts)


def _conclude(
    work: _Work, channel: Addressed, record: dict[str, Any], counts: Counter[str], sending: Sending
) -> None:
    """Note a final outcome; record what has piled up, so that a successor would not repeat it."""
    delivery, now = work.delivery, sending.clock()
    record |= {"attempt": delivery.attempt, "at": int(now)}
    work.unrecorded[channel.key(delivery.kind_for(channel))] = record
    counts[record["outcome"]] += 1
    if len(work.unrecorded) >= _FLUSH_COUNT or now - work.flushed_at >= _FLUSH_S:
        try:
            sending.chunks.record(work.claim, work.unrecorded)
        except LostClaimError:
            work.lost = True
        work.unrecorded, work.flushed_at = {}, now


def _close(work: _Work, sending: Sending) -> None:
    if work.lost:
        return
    delivery = work.delivery
    try:
        sending.chunks.close(work.claim, work.unrecorded, sending.clock(), finished=not work.later)
    except LostClaimError:
        return
    if work.later:
        now = sending.clock()
        rest = delivery.remainder(
            work.later, attempt=delivery.attempt + 1, not_before=int(now + work.wait_s)
        )
        sending.queues[delivery.lane].put(rest, now)


def _wait(result: SendResult, attempt: int, sending: Sending) -> float:
    """Return seconds to wait: what WNS asked for, else exponential back-off with full jitter."""
    if result.outcome is Outcome.NOT_STARTED:
        return 0.0
    backoff = sending.jitter() * min(_BACKOFF_MAX_S, _BACKOFF_S * 2.0**attempt)
    return max(result.retry_after_seconds or 0.0, backoff)


def _record(result: SendResult) -> dict[str, Any]:
    """Return what is kept of an answer: the outcome and what Microsoft's support would ask for."""
    said = {
        "status_code": result.status_code,
        "notification_status": result.notification_status,
        "device_status": result.device_status,
        "msg_id": result.msg_id,
        "debug_trace": result.debug_trace,
        "correlation_vector": result.correlation_vector,
        "error_description": result.error_description,
        "transport_error": result.transport_error,
    }
    return {"outcome": str(result.outcome)} | {k: v for k, v in said.items() if v is not None}
