"""The WNS client: sends many notifications at once, over connections that are kept alive."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

import certifi

from wns._transport.connections import Connections
from wns._transport.proxies import Proxies
from wns._transport.request import Envelopes
from wns._transport.source import Source
from wns._transport.transfer import Transfer
from wns.channel_uri import parse_channel_uri
from wns.errors import InvalidChannelUriError, InvalidNotificationError
from wns.notification import Notification
from wns.response import parse_result, plain_result
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from wns.notification import ToastRemoval

_POLL_SECONDS = 1.0
_SCHEME_LENGTH = len("https://")


class Send(NamedTuple):
    """One notification to one channel. Its repr holds no URI, token or content.

    Attributes:
        channel_uri: as Windows gave it; not a character is changed.
        access_token: of the app that the channel belongs to.
        notification: what to show; with a `ToastRemoval`, what to remove.
        reference: the caller's own, returned with the result.
    """

    channel_uri: str
    access_token: str
    notification: Notification | ToastRemoval
    reference: object = None

    def __repr__(self) -> str:
        return "Send()"


class WnsClient:
    """Sends notifications to WNS. Not thread-safe.

    Each send is one HTTPS request to the host of its channel URI and to no other: the URI is
    validated again, certificates are verified, redirects are not followed, and a host that resolves
    to a non-public address is refused. With a proxy it is the proxy that resolves names. The proxy
    comes from the standard environment variables (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), read as
    `requests` reads them.

    A request is sent once. libcurl would repeat it when a kept-alive connection breaks before the
    first byte of the response; as WNS may have acted on the first copy, that is prevented: the
    result is `unavailable`, and `may_have_arrived` is true. This stays rare: connections that were
    idle for `max_idle_seconds`, as after a pause of the whole process, are closed.

    `submit` and `poll` are for callers with a loop of their own; `send_all` is that loop for
    callers with nothing else to do.

    Args:
        ca_file: PEM file of the certificate authorities to trust; certifi's if None.
        concurrency: the most requests in flight at once.
        connect_timeout: seconds for name resolution, connection and TLS.
        total_timeout: seconds for a whole send.
        max_idle_seconds: how long a connection may be idle and still be reused.
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
        self._is_closed = False
        self._unsent: list[SendResult] = []
        self._proxies = Proxies(clock)
        self._envelopes = Envelopes()
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

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def free(self) -> int:
        """How many sends may be submitted before the next `poll`."""
        return self._connections.free - len(self._unsent)

    @property
    def in_flight(self) -> int:
        """How many results `poll` has yet to return."""
        return self._connections.busy + len(self._unsent)

    def submit(self, send: Send) -> None:
        """Queue a send; `poll` puts it on the wire and returns its one result.

        A send that must not be sent, such as one with a bad URI, has a result too. Raises
        RuntimeError if the client is closed or `free` is 0.
        """
        if self.free < 1:
            raise RuntimeError("No send is free: call poll() first.")
        self._start([send])

    def poll(self, timeout: float = 0.0) -> list[SendResult]:
        """Send and receive; return the results that have arrived, in any order.

        Call it often: nothing is sent or received between calls, and libcurl's time-outs go on.

        Args:
            timeout: how long to wait for the first result, in seconds. Without a send in flight the
                call returns at once.
        """
        self._refuse_if_closed()
        results = self._exchange()
        if not results and self._connections.busy and timeout > 0:
            self._connections.wait(timeout)
            results = self._exchange()
        return results

    def cancel(self) -> None:
        """Drop what is in flight; it has no result."""
        self._connections.drop_transfers()
        self._unsent.clear()

    def close(self) -> None:
        """Drop what is in flight and close all connections, for good."""
        self._is_closed = True
        self._connections.close()

    def send_all(self, sends: Iterable[Send]) -> Generator[SendResult]:
        """Send everything; yield each result as it arrives, in any order.

        `sends` is read as fast as sends complete, so it may be a generator of any length. If it
        raises, its exception is raised here, after the results of what was in flight.
        """
        if self.in_flight:
            raise RuntimeError("Sends are in flight: wait for their results first.")
        source = Source(sends)
        self._proxies.forget()
        try:
            while not source.is_exhausted or self.in_flight:
                self._start(source.take(self.free))
                yield from self.poll(_POLL_SECONDS)
        finally:
            self.cancel()
        if source.error is not None:
            raise source.error

    def _start(self, sends: Iterable[Send]) -> None:
        self._refuse_if_closed()
        if not self.in_flight and self._clock() - self._last_used > self._max_idle_seconds:
            self._connections.drop_connections()
        for send in sends:
            refused = _start(send, self._connections, self._envelopes, self._proxies.find)
            if refused is not None:
                self._unsent.append(refused)

    def _exchange(self) -> list[SendResult]:
        self._connections.perform()
        now = self._clock()
        results = [_read_result(*ended, now) for ended in self._connections.finished()]
        if self._unsent:
            results, self._unsent = results + self._unsent, []
        if results:
            self._last_used = now
        return results

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RuntimeError("This WnsClient is closed.")


def _start(
    send: Send,
    connections: Connections[Send],
    envelopes: Envelopes,
    proxy_of: Callable[[str], str],
) -> SendResult | None:
    """Start a send, or return the result of one that must not be sent."""
    notification = send.notification
    try:
        url = parse_channel_uri(send.channel_uri)
        envelope = envelopes.find(notification, send.access_token)
    except InvalidChannelUriError as error:
        outcome, reason = Outcome.REFUSED, error.reason
    except InvalidNotificationError as error:
        outcome, reason = Outcome.REJECTED, str(error)
    else:
        proxy = proxy_of(url[: url.index("/", _SCHEME_LENGTH)])
        body = notification.body if isinstance(notification, Notification) else b""
        connections.start(send, url, envelope, body, proxy)
        return None
    return SendResult(outcome, reference=send.reference, transport_error=reason)


def _read_result(send: Send, transfer: Transfer, code: int, details: str, now: float) -> SendResult:
    plain = transfer.plain_delivery()
    if plain is not None:
        return plain_result(plain, now=now, reference=send.reference, secret=send.access_token)
    response = transfer.response()
    if response is None:
        is_refused = transfer.blocked and not transfer.requested
        return SendResult(
            Outcome.REFUSED if is_refused else Outcome.UNAVAILABLE,
            reference=send.reference,
            transport_error=transfer.error(code, details),
            may_have_arrived=transfer.requested,
        )
    return parse_result(
        response.status_code,
        response.headers,
        reason=response.reason,
        now=now,
        reference=send.reference,
        secret=send.access_token,
    )
