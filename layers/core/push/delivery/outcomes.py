"""What outcomes mean for sending: which are retried and when, which stop the app."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from wns.result import UNRESOLVED_HOST, Outcome

if TYPE_CHECKING:
    from wns.result import SendResult

TO_RETRY = frozenset({Outcome.APP_THROTTLED, Outcome.CHANNEL_THROTTLED, Outcome.UNAVAILABLE})
STOPS_THE_APP = frozenset({Outcome.QUOTA_EXCEEDED, Outcome.SENDER_BLOCKED})

_KNOWN_HOST = "login.live.com"  # gives access tokens
_RESOLVE_TRIES = 4  # over about 75 s on average, because the back-off doubles
_BACKOFF_S = 5.0
_BACKOFF_MAX_S = 900.0
_BACKOFF_DOUBLINGS = 10


def backoff_s(tries: int, share: float, *, longest: float = _BACKOFF_MAX_S) -> float:
    """Return how many seconds to wait before the next try: exponential back-off with jitter.

    Args:
        tries: how many there have been before the last one.
        share: random, in [0, 1): which part of the back-off to wait ("full jitter").
        longest: upper limit of the back-off in seconds.
    """
    return share * min(longest, _BACKOFF_S * 2.0 ** min(tries, _BACKOFF_DOUBLINGS))


def retry_delay_s(result: SendResult, tries: int, share: float) -> float:
    """Return how many seconds to wait before a recipient's next try: the back-off, and no less than
    WNS asked for."""
    return max(result.retry_after_seconds or 0.0, backoff_s(tries, share))


def resolves_never(result: SendResult, tries: int) -> bool:
    """Return whether the host of a channel does not resolve, however often it is tried.

    WNS gives channels of other hosts now and then, and retires hosts; the name of one that is in
    use may fail to resolve for some minutes.
    """
    if tries < _RESOLVE_TRIES or result.status_code is not None:
        return False
    return result.transport_error is not None and result.transport_error.startswith(UNRESOLVED_HOST)


def names_resolve() -> bool:
    """Return whether names of Microsoft's resolve at all, so that it is not our own DNS that fails.
    Takes as long as the resolver does: some seconds."""
    try:
        socket.getaddrinfo(_KNOWN_HOST, 443)
    except OSError:
        return False
    return True
