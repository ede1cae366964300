"""What the result of a send means for its recipient, its channel and its app."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from push.delivery.outcomes import STOPS_THE_APP, TO_RETRY, outcome_record, retry_delay_s
from push.errors import TablesUnavailableError
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.channels.table import Channels
    from push.delivery.app_gate import AppGate
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.models import Recipient
    from wns.result import SendResult


class Reference(NamedTuple):
    """What a send was made for; `fingerprint` is that of its access token."""

    attempt: DeliveryAttempt
    recipient: Recipient
    gate: AppGate
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ResultHandler:
    """Handles results. `jitter` gives a random number in [0, 1)."""

    channels: Channels
    jitter: Callable[[], float]

    def handle(self, batch: Batch, sent: Reference, result: SendResult, now: float) -> None:
        """Do what an outcome asks for.

        token_rejected, first time                  → again, with a newer token or later
        app_throttled                               → pause the app; later
        channel_throttled, unavailable              → later
        channel_gone                                → remove the channel; final
        quota_exceeded, sender_blocked              → stop the app; final
        anything else, token_rejected a second time → final
        """
        attempt, recipient, gate, fingerprint = sent
        outcome = result.outcome
        if outcome is Outcome.TOKEN_REJECTED and not recipient.rejected:
            gate.reject_token(fingerprint, now)
            attempt.retry(recipient, fingerprint)
            return
        if outcome in TO_RETRY:
            not_before = now + retry_delay_s(result, attempt.delivery.attempt, self.jitter)
            if outcome is Outcome.APP_THROTTLED:
                gate.pause(not_before)
            attempt.retry_later(recipient, not_before)
            return
        # What cannot be written now is written after WNS's response to the next notification.
        with suppress(TablesUnavailableError):
            if outcome is Outcome.CHANNEL_GONE:
                self.channels.remove_gone(
                    attempt.delivery.app_id,
                    recipient.player_id,
                    recipient.device_id,
                    recipient.channel_uri,
                )
            elif outcome in STOPS_THE_APP:
                gate.stop(str(outcome), now)
        attempt.finish(recipient, outcome_record(result), now)
        batch.counts[outcome] += 1
