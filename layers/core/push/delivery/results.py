"""What the result of a send means for its recipient, its channel and its app."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from push.delivery.outcomes import (
    STOPS_THE_APP,
    TO_RETRY,
    backoff_s,
    names_resolve,
    resolves_never,
    retry_delay_s,
)
from push.delivery.report import Retry
from push.delivery.token_health import Blame
from push.notifications.outcomes import outcome_record
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.aws.background import Background
    from push.channels.bad_channels import BadChannels, Device
    from push.delivery.app_gate import AppGate
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.models import Recipient

_NO_FAILURE = frozenset({Outcome.DELIVERED, Outcome.DROPPED, Outcome.CHANNEL_GONE})
_NEWER_TOKEN_S = 5.0  # the token refresher takes a few seconds
_NAMES_RESOLVE_S = 300.0  # a response within this time: it is not our own DNS that fails


class Reference(NamedTuple):
    """What a send was made for.

    Attributes:
        name: of the recipient, within the delivery.
        fingerprint: of the access token.
    """

    attempt: DeliveryAttempt
    name: str
    recipient: Recipient
    gate: AppGate
    fingerprint: str


class ResultHandler:
    """Handles results."""

    def __init__(
        self,
        channels: BadChannels,
        background: Background,
        look_up: Callable[[], bool] = names_resolve,
    ) -> None:
        """`look_up`: returns whether names resolve at all."""
        self._channels = channels
        self._background = background
        self._look_up = look_up
        self._responded_at = 0.0  # any host of WNS

    def handle(self, batch: Batch, sent: Reference, result: SendResult, now: float) -> None:
        """Do what an outcome asks for.

        token_rejected                       → later, with a newer token
        app_throttled                        → pause the app; later
        channel_throttled, unavailable       → later
        unavailable, and the host never
          resolves                           → remove the channel if other names do; final
        unavailable, may have arrived, and
          the notification says to leave it  → final: unknown
        channel_gone                         → remove the channel; final
        quota_exceeded, sender_blocked       → stop the app; final
        anything else                        → final
        """
        attempt, _, recipient, gate, fingerprint = sent
        outcome = result.outcome
        gate.in_flight -= 1
        if outcome not in _NO_FAILURE:
            batch.reports[attempt.message_id].wns_errors[_code(result)] += 1
        if outcome is Outcome.TOKEN_REJECTED:
            self._retry_with_newer_token(batch, sent, now)
            return
        if result.status_code is not None:
            gate.token.note_response(fingerprint, now)
            self._responded_at = now
        if outcome is Outcome.DELIVERED:
            self._finish(batch, sent, result, now)
            return
        payload = attempt.delivery.payloads[recipient.payload]
        if result.is_response_lost and payload.on_doubt == "leave":
            result = SendResult(Outcome.UNKNOWN, transport_error=result.transport_error)
        elif resolves_never(result, recipient.tries):
            self._remove_if_names_resolve(batch, sent, result, now)
            return
        elif outcome in TO_RETRY:
            self._retry_later(batch, sent, result, now)
            return
        elif outcome is Outcome.CHANNEL_GONE:
            self._remove_channel(batch, sent)
        elif outcome in STOPS_THE_APP:
            gate.stop(str(outcome), now)
        self._finish(batch, sent, result, now)

    def _remove_if_names_resolve(
        self, batch: Batch, sent: Reference, result: SendResult, now: float
    ) -> None:
        """Remove a channel whose host does not resolve, unless no other name does either. The
        recipient counts as in flight until that is known."""
        gone = SendResult(Outcome.CHANNEL_GONE, transport_error=result.transport_error)

        def decide(other_names_do: bool) -> None:  # noqa: FBT001 - the result of a call
            if not other_names_do:
                self._retry_later(batch, sent, result, now)
                return
            self._remove_channel(batch, sent)
            self._finish(batch, sent, gone, now)

        if now - self._responded_at <= _NAMES_RESOLVE_S:
            decide(other_names_do=True)
        else:
            self._background.run(self._look_up, decide)

    @staticmethod
    def _retry_later(batch: Batch, sent: Reference, result: SendResult, now: float) -> None:
        attempt, name, recipient, gate, _ = sent
        not_before = now + retry_delay_s(result, recipient.tries, attempt.share)
        if result.outcome is Outcome.APP_THROTTLED:
            gate.pause(not_before, now)
        attempt.recipients.retry_later(name, not_before, tries=recipient.tries + 1)
        batch.note_retry(attempt.message_id, Retry(result.outcome))

    @staticmethod
    def _finish(batch: Batch, sent: Reference, result: SendResult, now: float) -> None:
        attempt = sent.attempt
        attempt.finish(sent.name, outcome_record(result), now)
        batch.count(attempt, str(result.outcome))
        accepted_at = attempt.delivery.accepted_at
        if result.outcome is Outcome.DELIVERED and accepted_at is not None:
            batch.reports[attempt.message_id].latencies_ms.append((now - accepted_at) * 1000)

    def _retry_with_newer_token(self, batch: Batch, sent: Reference, now: float) -> None:
        """Send to a recipient again with another token; the sender leaves it to a later attempt if
        there is none yet."""
        attempt, name, recipient, gate, fingerprint = sent
        blame = gate.token.note_rejection(fingerprint, recipient.player_id, now)
        if blame is Blame.TOKEN:
            batch.note_retry(attempt.message_id, Retry.TOKEN_REJECTED)
        else:
            batch.note_retry(attempt.message_id, Retry.CHANNEL_REJECTED)
            device, uri = _device(sent), recipient.channel_uri
            self._run(batch, sent, lambda: self._channels.note_rejection(device, uri, fingerprint))
        attempt.recipients.retry(name, rejected=fingerprint)

    def _remove_channel(self, batch: Batch, sent: Reference) -> None:
        device, uri = _device(sent), sent.recipient.channel_uri
        self._run(batch, sent, lambda: self._channels.remove(device, uri))

    def _run(self, batch: Batch, sent: Reference, call: Callable[[], object]) -> None:
        """Run a call in the background. What cannot be written now is written after WNS's response
        to the next notification."""
        message_id = sent.attempt.message_id
        self._background.run(
            call, lambda _: None, lambda error: batch.note_failure(message_id, error)
        )


def _code(result: SendResult) -> str:
    """Return what WNS responded, or why it did not, for logs: never a text that WNS wrote."""
    if result.status_code is not None:
        return f"WNS {result.status_code}"
    if result.outcome is Outcome.UNAVAILABLE:
        return f"WNS: {result.transport_error}"
    return f"not sent: {result.outcome}"


def _device(sent: Reference) -> Device:
    recipient = sent.recipient
    return sent.attempt.delivery.app_id, recipient.player_id, recipient.device_id


def rejected_wait_s(recipient: Recipient, share: float) -> float:
    """Return how many seconds a recipient waits for a token other than the one rejected for it."""
    return max(_NEWER_TOKEN_S, backoff_s(recipient.tries, share))
