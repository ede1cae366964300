"""Sending: many notifications at once, over connections that are kept alive."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Self

import certifi
from requests.utils import get_environ_proxies, select_proxy

from wns._transport.connections import Connections
from wns._transport.request import build_request
from wns._transport.transfer import Transfer
from wns.errors import InvalidChannelUriError, InvalidNotificationError
from wns.result import Outcome, SendResult, parse_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from wns.notification import Notification, ToastRemoval

_HOSTS_WHOSE_PROXY_IS_KEPT = 1024
_LONGEST_WAIT_SECONDS = 1.0
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Send:
    """One notification to one channel. It prints nothing of what it holds.

    Attributes:
        channel_uri: as Windows gave it; sent to without changing a character.
        access_token: of the app that the channel belongs to.
        notification: what to show; with a `ToastRemoval`, what to take away.
        reference: the caller's own, handed back with the result.
    """

    channel_uri: str = field(repr=False)
    access_token: str = field(repr=False)
    notification: Notification | ToastRemoval = field(repr=False)
    reference: object = field(default=None, repr=False)


class _Source:
    """Where sends come from. One that raises is at its end; the exception is kept, so that nothing
    of what is under way gets lost."""

    def __init__(self, sends: Iterable[Send | None]) -> None:
        self._sends = iter(sends)
        self.has_more = True
        self.pauses = False
        self.failure: Exception | None = None

    def next(self) -> Send | None:
        """Return the next send, or None where there is none, or none right now."""
        self.pauses = False
        try:
            send = next(self._sends)
        except StopIteration:
            self.has_more = False
            return None
        except Exception as error:  # noqa: BLE001 - raised at the end of send_all
            self.failure, self.has_more = error, False
            return None
        self.pauses = send is None
        return send


class WnsClient:
    """Sends notifications to WNS. Not to be shared between threads.

    Each send is one request over HTTPS to the host of its channel URI and nowhere else: the URI is
    checked again, certificates are verified, redirects are not followed, and a host that resolves
    to an address that is not public is refused, unless a proxy is in use, whose part it is to
    resolve names. The proxy is the one of the standard environment variables (`HTTPS_PROXY`,
    `ALL_PROXY`, `NO_PROXY`), read as `requests` reads them.

    A request is sent once. libcurl by itself would send it again when a kept-alive connection turns
    out to be broken before the first byte of the answer; as WNS may have acted on the first copy,
    that is prevented: the result is `unavailable`, and `may_have_arrived` is true. It stays rare: a
    connection that was idle for more than a second is looked at before it is used again, and none
    is that was idle for `max_idle_seconds`, as after a pause of the whole process.

    Args:
        ca_file: PEM file of the certificate authorities to trust; that of certifi if None.
        concurrency: how many requests may be under way at once.
        connect_timeout: seconds for name resolution, connection and TLS.
        total_timeout: seconds for a whole send.
        max_idle_seconds: how long a connection may go unused and still be used again.
        clock: the time in epoch seconds.
    """

    def __init__(
        self,
        *,
        ca_file: str | None = None,
        concurrency: int = 64,
        connect_timeout: float = 5.0,
        total_timeout: float = 15.0,
        max_idle_seconds: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if concurrency < 1:
            raise ValueError("concurrency is at least 1")
        self._max_idle_seconds = max_idle_seconds
        self._clock = clock
        self._last_used = clock()
        self._is_sending = False
        self._is_closed = False
        self._connections: Connections[Send] = Connections(
            concurrency,
            partial(
                Transfer,
                ca_file=ca_file or certifi.where(),
                connect_timeout=connect_timeout,
                total_timeout=total_timeout,
                max_idle_seconds=max_idle_seconds,
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections and drop what is under way. The client cannot be used any more."""
        self._is_closed = True
        self._connections.close()

    def send_all(
        self, sends: Iterable[Send | None], *, deadline: float | None = None
    ) -> Iterator[SendResult]:
        """Send everything; yield each result as it comes, in whatever order.

        There is one result for each of `sends`, whatever happens to it: what cannot be sent, even a
        bad URI, is a result too. `sends` is read only as fast as connections come free, so it may
        be a generator of any length. If it raises, that exception comes out here, after the results
        of what was under way.

        Take the results without delay: while the caller is busy nothing is received, and the
        time-outs of what is under way go on. Closing the iterator early drops what is under way.

        Args:
            sends: what to send. None among them says that there is nothing to start right now:
                what is under way goes on, and the next one is asked for a moment later.
            deadline: `time.monotonic()` value after which nothing is started any more. What is
                under way then still ends by itself, at most `total_timeout` later; the rest is
                yielded as `not_started`.

        Raises:
            RuntimeError: the client is closed, or this method is already running.
        """
        self._refuse_if_closed()
        if self._is_sending:
            raise RuntimeError("send_all is already running; one WnsClient runs it once at a time.")
        self._is_sending = True
        try:
            if self._clock() - self._last_used > self._max_idle_seconds:
                self._connections.drop_connections()
            yield from self._rounds(_Source(sends), deadline)
        finally:
            self._connections.drop_transfers()
            self._last_used = self._clock()
            self._is_sending = False

    def _rounds(self, source: _Source, deadline: float | None) -> Iterator[SendResult]:
        connections = self._connections
        proxy_of = lru_cache(_HOSTS_WHOSE_PROXY_IS_KEPT)(_proxy_of)
        ready: list[SendResult] = []
        while source.has_more or connections.busy or ready:
            coming: list[SendResult] = []
            # As many tries as there are free places: sends that never start must not keep those
            # that have started waiting.
            for _ in range(connections.free if source.has_more else 0):
                send = source.next()
                if send is None:
                    break
                if deadline is not None and time.monotonic() >= deadline:
                    coming.append(SendResult(Outcome.NOT_STARTED, reference=send.reference))
                elif (unsent := self._start(send, proxy_of)) is not None:
                    coming.append(unsent)
            connections.perform()
            # Handed out only now, so that the network works while the caller does.
            yield from ready
            self._refuse_if_closed()
            ready = coming + [self._result(*ended) for ended in connections.finished()]
            if connections.busy and not ready:
                connections.wait(_PAUSE_SECONDS if source.pauses else _LONGEST_WAIT_SECONDS)
            elif source.pauses and not ready:
                time.sleep(_PAUSE_SECONDS)
        if source.failure is not None:
            raise source.failure

    def _start(self, send: Send, proxy_of: Callable[[str], str]) -> SendResult | None:
        try:
            request = build_request(send.channel_uri, send.access_token, send.notification)
        except InvalidChannelUriError as error:
            outcome, reason = Outcome.REFUSED, error.reason
        except InvalidNotificationError as error:
            outcome, reason = Outcome.REJECTED, str(error)
        else:
            origin = request.url[: request.url.index("/", len("https://"))]
            self._connections.start(send, request, proxy_of(origin))
            return None
        return SendResult(outcome, reference=send.reference, transport_error=reason)

    def _result(self, send: Send, transfer: Transfer, code: int, details: str) -> SendResult:
        answer = transfer.answer()
        if answer is None:
            is_refused = transfer.blocked and not transfer.requested
            return SendResult(
                Outcome.REFUSED if is_refused else Outcome.UNAVAILABLE,
                reference=send.reference,
                transport_error=transfer.error(code, details),
                may_have_arrived=transfer.requested,
            )
        return parse_result(
            answer.status_code,
            answer.headers,
            reason=answer.reason,
            now=self._clock(),
            reference=send.reference,
            secret=send.access_token,
        )

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RuntimeError("This WnsClient is closed.")


def _proxy_of(origin: str) -> str:
    return select_proxy(origin, get_environ_proxies(origin)) or ""
