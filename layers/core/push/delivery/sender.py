"""Use case: deliveries go out to WNS, each channel once, and every outcome is recorded.

A batch of deliveries is claimed and sent all at once. Outcomes are recorded as they come, and each
delivery is closed as soon as it is through; what has to wait goes back on its queue as a smaller
delivery with the next attempt's number.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from push.delivery.attempt import Work, pending
from push.delivery.claims import Busy, Claim, Finished, Superseded
from push.delivery.outcomes import STOPS_THE_APP, TRY_AGAIN, record_of, wait_after
from push.delivery.send_budget import Wait
from push.errors import (
    AccessTokenMissingError,
    NotFoundError,
    QueueUnavailableError,
    TablesUnavailableError,
)
from wns.client import Send
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence

    from push.apps.access_tokens import AccessTokenCache
    from push.apps.events import Rejections
    from push.apps.table import AppCache
    from push.channels.table import Channels
    from push.delivery.claims import DeliveryClaims
    from push.delivery.models import Delivery, Lane, Recipient
    from push.delivery.queue import DeliveryQueue
    from push.delivery.send_budget import SendBudgets
    from push.notifications.record import Notifications
    from wns.client import WnsClient
    from wns.oauth import AccessToken
    from wns.result import SendResult


_BUDGET_BLOCK = 50
_TOKEN_WAIT_S = 20.0
_STOPPED_WAIT_S = 900.0
_OUTAGE_WAIT_S = 5.0
_MAX_INLINE_WAIT_S = 2.0
_RECHECK_EVERY_S = 2.0
_RECHECK_IF_OLDER_S = 10.0

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
    budgets: SendBudgets
    channels: Channels
    notifications: Notifications
    chunks: DeliveryClaims
    queues: Mapping[Lane, DeliveryQueue]
    rejections: Rejections
    clock: Callable[[], float]
    jitter: Callable[[], float]


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
    run = _Run(sending, deadline)
    for message_id, delivery in batch:
        try:
            if not run.take_on(message_id, delivery, lease_s):
                run.unfinished.append(message_id)
        except (TablesUnavailableError, QueueUnavailableError):
            run.unfinished.append(message_id)
    try:
        run.send_once()
        run.send_with_newer_tokens()
    finally:
        for work in run.works:
            run.close(work)
    return Report(run.unfinished, run.counts)


@dataclass(slots=True)
class _Run:
    """One batch on its way."""

    sending: Sending
    deadline: float
    works: list[Work] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    dead_tokens: set[str] = field(default_factory=set)

    def take_on(self, message_id: str, delivery: Delivery, lease_s: float) -> bool:
        """Claim a delivery, or do what else its message asks for; return whether that was done."""
        sending, now = self.sending, self.sending.clock()
        if delivery.not_before > now:
            sending.queues[delivery.lane].put(delivery, now)
            return True
        nonce = f"{int(sending.jitter() * 2**53):x}"
        match sending.chunks.claim(delivery, message_id, nonce, now, lease_s):
            case Claim() as claim:
                self._begin(claim, message_id)
            case Superseded(requeued=False) as found:
                rest = delivery.remainder(
                    list(pending(delivery, found.outcomes).values()),
                    attempt=found.attempt,
                    not_before=found.not_before,
                )
                sending.queues[delivery.lane].put(rest, now)
            case Busy(same_message=True):
                return False
            case Superseded() | Busy() | Finished():
                pass
        return True

    def _begin(self, claim: Claim, message_id: str) -> None:
        sending, delivery = self.sending, claim.delivery
        work = Work(claim, message_id, pending(delivery, claim.outcomes))
        self._drop_unwanted(work, delivery.channels)
        try:
            work.app = sending.apps.get(delivery.app_id, sending.clock())
        except NotFoundError:
            work.app = None
        work.to_do = list(work.waiting.values())
        if work.to_do and work.app is not None and work.app.may_send:
            rejected = next((channel.rejected for channel in work.to_do if channel.rejected), None)
            work.token = self._token(delivery.app_id, rejected)
        self.works.append(work)

    def _drop_unwanted(self, work: Work, channels: Sequence[Recipient]) -> None:
        """Conclude those of the channels that must not be sent to any more."""
        work.looked_at = self.sending.clock()
        waiting = [channel for channel in channels if work.is_waiting(channel)]
        for channel, outcome in _unwanted(work.delivery, waiting, self.sending).items():
            self._conclude(work, channel, {"outcome": outcome})

    def _token(self, app_id: str, rejected: str | None) -> AccessToken | None:
        """Return an access token other than the rejected one; where none is stored, ask for one."""
        try:
            return self.sending.tokens.get(app_id, self.sending.clock(), rejected=rejected)
        except AccessTokenMissingError:
            self.sending.rejections.announce(app_id, rejected)
            return None

    def send_once(self) -> None:
        for result in self.sending.wns.send_all(self._sends(), deadline=self.deadline):
            self.under_way -= 1
            work, channel = cast("tuple[Work, Recipient]", result.reference)
            self._judge(work, channel, result)
            self._keep_up(work)

    def send_with_newer_tokens(self) -> None:
        """Send again, once, what went out with an access token that WNS rejected; with none newer,
        later."""
        for work in self.works:
            work.to_do, work.rejected = work.rejected, []
            if work.to_do and work.token:
                work.token = self._token(work.delivery.app_id, work.token.fingerprint)
        self.dead_tokens.clear()
        self.send_once()

    def _judge(self, work: Work, channel: Recipient, result: SendResult) -> None:
        app_id, sending = work.delivery.app_id, self.sending
        if result.outcome is Outcome.TOKEN_REJECTED and not channel.rejected:
            rejected = cast("AccessToken", work.token).fingerprint
            self.dead_tokens.add(rejected)
            work.reject(channel, rejected)
        elif result.outcome is Outcome.APP_THROTTLED:
            wait_s = wait_after(result, work.delivery.attempt, sending.jitter)
            self._pause(app_id, wait_s)
            work.put_off(channel, wait_s)
        elif result.outcome in TRY_AGAIN:
            work.put_off(channel, wait_after(result, work.delivery.attempt, sending.jitter))
        else:
            # What cannot be written now, the next notification's answer will ask for again.
            with suppress(TablesUnavailableError):
                if result.outcome is Outcome.CHANNEL_GONE:
                    sending.channels.remove_gone(
                        app_id, channel.player_id, channel.device_id, channel.channel_uri
                    )
                elif result.outcome in STOPS_THE_APP:
                    self._pause(app_id, _STOPPED_WAIT_S)
                    sending.apps.stop(app_id, str(result.outcome))
            self._conclude(work, channel, record_of(result))

    def _pause(self, app_id: str, wait_s: float) -> None:
        """Let no worker start another send for the app before the time is up."""
        until = self.sending.clock() + wait_s
        for work in self.works:
            if work.delivery.app_id == app_id:
                work.budget, work.paused_until = 0, max(work.paused_until, until)
        # A worker that does not hear of it will hear it from WNS.
        with suppress(TablesUnavailableError):
            self.sending.budgets.pause(app_id, until)

    def _sends(self) -> Iterator[Send | None]:
        """Yield what to send, and None for as long as there is nothing to start but answers, or
        budget, to wait for."""
        for work in self.works:
            for number, channel in enumerate(work.to_do):
                wait_s = yield from self._budget(work, len(work.to_do) - number)
                if work.lost:
                    break
                if self.sending.clock() - work.looked_at >= _RECHECK_EVERY_S:
                    with suppress(TablesUnavailableError):
                        self._drop_unwanted(work, work.to_do[number:])
                send = self._send(work, channel, wait_s)
                if send:
                    self.under_way += 1
                    yield send
        while self.under_way:
            self._keep_up(*self.works)
            yield None

    def _send(self, work: Work, channel: Recipient, wait_s: float | None) -> Send | None:
        delivery = work.delivery
        if not work.is_waiting(channel):
            return None
        if wait_s is not None:
            work.put_off(channel, wait_s)
            return None
        life_left_s = int(delivery.expires_at - self.sending.clock())
        if life_left_s <= 0:
            self._conclude(work, channel, {"outcome": str(Outcome.EXPIRED)})
            return None
        token = cast("AccessToken", work.token)
        if token.fingerprint in self.dead_tokens:
            work.rejected.append(channel)
            return None
        return Send(
            channel_uri=channel.channel_uri,
            access_token=token.value,
            notification=delivery.payloads[channel.payload].notification(life_left_s),
            reference=(work, channel),
        )

    def _budget(self, work: Work, wanted: int) -> Generator[None, None, float | None]:
        """Take one send out of the app's budget; return the seconds to wait where there is none."""
        if work.app is None or not work.app.may_send:
            return _STOPPED_WAIT_S
        if work.token is None:
            return _TOKEN_WAIT_S
        while work.budget == 0:
            wait_s = work.paused_until - self.sending.clock()
            if wait_s > _MAX_INLINE_WAIT_S:
                return wait_s
            if wait_s > 0:
                if time.monotonic() >= self.deadline:
                    return 0.0
                self._keep_up(*self.works)
                yield None
                continue
            try:
                taken = self.sending.budgets.take(
                    work.delivery.app_id,
                    work.delivery.lane,
                    min(wanted, _BUDGET_BLOCK, max(work.app.send_rate // 10, 1)),
                    rate=work.app.send_rate,
                    now=self.sending.clock(),
                )
            except TablesUnavailableError:
                return _OUTAGE_WAIT_S
            if isinstance(taken, Wait):
                work.paused_until = taken.until
            else:
                work.budget = taken
        work.budget -= 1
        return None

    def _conclude(self, work: Work, channel: Recipient, record: dict[str, Any]) -> None:
        work.conclude(channel, record, self.sending.clock())
        self.counts[record["outcome"]] += 1

    def _keep_up(self, *works: Work) -> None:
        """Close what is through, record what has waited for long enough."""
        for work in works:
            if not work.waiting:
                self.close(work)
            else:
                work.record_if_due(self.sending.chunks, self.sending.clock())

    def close(self, work: Work) -> None:
        if work.closed:
            return
        queue = self.sending.queues[work.delivery.lane]
        if not work.close(self.sending.chunks, queue, self.sending.clock()):
            self.unfinished.append(work.message_id)


def _unwanted(
    delivery: Delivery, channels: Collection[Recipient], sending: Sending
) -> dict[Recipient, str]:
    """Return the channels that must not be sent to any more, and why, as an outcome."""
    now = sending.clock()
    if now >= delivery.expires_at:
        return dict.fromkeys(channels, str(Outcome.EXPIRED))
    if sending.notifications.state(delivery.notification_id) == CANCELLED:
        return dict.fromkeys(channels, CANCELLED)
    if now - delivery.dispatched_at <= _RECHECK_IF_OLDER_S:
        return {}
    devices = {(c.player_id, c.device_id): c for c in channels}
    current = sending.channels.current(delivery.app_id, devices, int(now))
    uris = {device: channel.channel_uri for device, channel in current.items()}
    return {c: REMOVED for c in channels if uris.get((c.player_id, c.device_id)) != c.channel_uri}
