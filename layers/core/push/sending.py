"""Use case: deliveries go out to WNS, each channel once, and every outcome is recorded.

A batch of deliveries is claimed, sent all at once, recorded as it goes and closed. What has to wait
goes back on the queue as a smaller delivery with the next attempt's number, after the record says
so: if the worker dies in between, the first message comes again, finds that it was superseded, and
queues the rest itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from push.errors import AccessTokenMissingError
from push.notifications import Busy, Claim, Finished, LostClaimError, Superseded
from wns.client import Send
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from push.access_tokens import AccessTokenCache
    from push.channels import Channels
    from push.deliveries import Addressed, Delivery, DeliveryQueue
    from push.notifications import Notifications, Outcomes
    from push.rejections import Rejections
    from wns.client import WnsClient
    from wns.oauth import AccessToken
    from wns.result import SendResult

_FLUSH_COUNT = 25
_FLUSH_S = 0.5
_BACKOFF_S = 5.0
_BACKOFF_MAX_S = 900.0
_TOKEN_WAIT_S = 20.0

_TRY_AGAIN = {
    Outcome.CHANNEL_THROTTLED,
    Outcome.APP_THROTTLED,
    Outcome.UNAVAILABLE,
    Outcome.NOT_STARTED,
}


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending works with. `clock` gives epoch seconds, `jitter` a random number in [0, 1)."""

    wns: WnsClient
    tokens: AccessTokenCache
    channels: Channels
    notifications: Notifications
    queue: DeliveryQueue
    rejections: Rejections
    clock: Callable[[], float]
    jitter: Callable[[], float]


@dataclass(slots=True)
class _Work:
    """A claimed delivery: what is still to do and what is not recorded yet."""

    claim: Claim
    to_do: list[Addressed]
    token: AccessToken | None = None
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
    """What became of a batch: the messages to keep on the queue, and how many outcomes of each kind
    there were."""

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
    for message_id, delivery in batch:
        if delivery.not_before > sending.clock():
            sending.queue.put(delivery, sending.clock())
            continue
        claimed = sending.notifications.claim(delivery, message_id, sending.clock(), lease_s)
        match claimed:
            case Claim():
                works.append(_work(claimed, sending))
            case Superseded():
                _requeue_superseded(delivery, claimed, sending)
            case Busy(same_message=True):
                unfinished.append(message_id)
            case Busy() | Finished():
                pass
    counts: Counter[str] = Counter()
    _send_once(works, sending, deadline, counts)
    _send_with_newer_tokens(works, sending, deadline, counts)
    for work in works:
        _close(work, sending)
    return Report(unfinished, counts)


def _work(claim: Claim, sending: Sending) -> _Work:
    delivery = claim.delivery
    done = claim.outcomes
    to_do = [c for c in delivery.channels if c.key(delivery.kind_for(c)) not in done]
    work = _Work(claim, to_do, flushed_at=sending.clock())
    rejected = next((channel.rejected for channel in to_do if channel.rejected), None)
    work.token = _token(delivery.app_id, rejected, sending)
    return work


def _token(app_id: str, rejected: str | None, sending: Sending) -> AccessToken | None:
    """Return an access token other than the rejected one; where none is stored, ask for one."""
    try:
        return sending.tokens.get(app_id, sending.clock(), rejected=rejected)
    except AccessTokenMissingError:
        sending.rejections.announce(app_id, rejected)
        return None


def _requeue_superseded(delivery: Delivery, found: Superseded, sending: Sending) -> None:
    left = [c for c in delivery.channels if c.key(delivery.kind_for(c)) not in found.outcomes]
    if left:
        sending.queue.put(delivery.remainder(left, attempt=found.attempt), sending.clock())


def _send_once(
    works: Sequence[_Work], sending: Sending, deadline: float, counts: Counter[str]
) -> None:
    for result in sending.wns.send_all(_sends(works, sending, counts), deadline=deadline):
        work, channel = cast("tuple[_Work, Addressed]", result.reference)
        if result.outcome is Outcome.TOKEN_REJECTED and not channel.rejected:
            work.rejected.append(channel)
        elif result.outcome in _TRY_AGAIN:
            work.put_off(channel, _wait(result, work.delivery.attempt, sending))
        else:
            if result.outcome is Outcome.CHANNEL_GONE:
                sending.channels.remove_gone(
                    work.delivery.app_id, channel.player_id, channel.device_id, channel.channel_uri
                )
            _conclude(work, channel, _record(result), counts, sending)


def _sends(works: Sequence[_Work], sending: Sending, counts: Counter[str]) -> Iterator[Send]:
    for work in works:
        delivery = work.delivery
        for channel in work.to_do:
            if work.lost:
                break
            life_left_s = int(delivery.expires_at - sending.clock())
            if life_left_s <= 0:
                _conclude(work, channel, {"outcome": str(Outcome.EXPIRED)}, counts, sending)
            elif work.token is None:
                work.put_off(channel, _TOKEN_WAIT_S)
            else:
                yield Send(
                    channel_uri=channel.channel_uri,
                    access_token=work.token.value,
                    notification=delivery.payloads[channel.payload].notification(life_left_s),
                    reference=(work, channel),
                )


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
            sending.notifications.record(work.claim, work.unrecorded)
        except LostClaimError:
            work.lost = True
        work.unrecorded, work.flushed_at = {}, now


def _close(work: _Work, sending: Sending) -> None:
    if work.lost:
        return
    delivery = work.delivery
    try:
        sending.notifications.close(work.claim, work.unrecorded, finished=not work.later)
    except LostClaimError:
        return
    if work.later:
        now = sending.clock()
        rest = delivery.remainder(
            work.later, attempt=delivery.attempt + 1, not_before=int(now + work.wait_s)
        )
        sending.queue.put(rest, now)


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
