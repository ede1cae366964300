"""Sending: many notifications at once, over connections that are kept alive."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import certifi
import pycurl
from requests.utils import get_environ_proxies, select_proxy

from wns.channel_uri import parse_channel_uri
from wns.errors import InvalidChannelUriError
from wns.notification import Notification, ToastRemoval
from wns.result import Outcome, SendResult, result_of_answer
from wns.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

# What a notification may bring along. Anything else could reroute the request or end it early.
_HEADER = re.compile(
    r"(?:Content-Type|MS-CV|X-WNS-[A-Za-z-]+): [\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?",
    re.ASCII | re.IGNORECASE,
)
_ACCESS_TOKEN = re.compile(r"[\x21-\x7e]+", re.ASCII)
# libcurl and pycurl would add these by themselves.
_WITHOUT = ["Accept:", "Expect:", "User-Agent:"]
_MAX_KEPT_CONNECTIONS = 512
_LONGEST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Send:
    """One notification to one channel.

    Attributes:
        channel_uri: as Windows gave it; sent to without changing a character.
        access_token: of the app that the channel belongs to.
        notification: what to show; with a `ToastRemoval`, what to take away.
        reference: the caller's own, handed back with the result.
    """

    channel_uri: str = field(repr=False)
    access_token: str = field(repr=False)
    notification: Notification | ToastRemoval
    reference: object = None


class WnsClient:
    """Sends notifications to WNS. Not to be shared between threads.

    Each send is one request over HTTPS to the host of its channel URI and nowhere else: the URI is
    checked again, certificates are verified, redirects are not followed, and a host that resolves
    to an address that is not public is refused, unless a proxy is in use, whose part it is to
    resolve names. The proxy is the one of the standard environment variables (`HTTPS_PROXY`,
    `ALL_PROXY`, `NO_PROXY`), read as `requests` reads them.

    A request is sent once. libcurl by itself would send it again when a kept-alive connection turns
    out to be broken before the first byte of the answer; as WNS may have acted on the first copy,
    that is prevented: the result is `unavailable`, and `may_have_arrived` is true. It stays rare:
    libcurl looks whether a connection was closed before it uses it again, and connections that
    were idle for `max_idle_seconds`, as after a pause of the whole process, are not used again.

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
        self._ca_file = ca_file or certifi.where()
        self._concurrency = concurrency
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_idle_seconds = max_idle_seconds
        self._clock = clock
        self._last_used = clock()
        self._idle: list[Transfer] = []
        self._active: dict[pycurl.Curl, tuple[Transfer, Send]] = {}
        self._is_sending = False
        self._is_closed = False
        self._multi = self._new_multi()

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
        self._drop_active()
        self._is_closed = True
        self._multi.close()
        while self._idle:
            self._idle.pop().close()

    def send_all(
        self, sends: Iterable[Send], *, deadline: float | None = None
    ) -> Iterator[SendResult]:
        """Send everything; yield each result as it comes, in whatever order.

        There is one result for each of `sends`, whatever happens to it: what cannot be sent, even a
        bad URI, is a result too. `sends` is read only as fast as connections come free, so it may
        be a generator of any length. If it raises, that exception comes out here, after the results
        of what was under way.

        Take the results without delay: while the caller is busy nothing is received, and the
        time-outs of what is under way go on. Closing the iterator early drops what is under way.

        Args:
            sends: what to send. deadline: `time.monotonic()` value after which nothing is started
                any more. What is under
                way then still ends by itself, at most `total_timeout` later; the rest is yielded
                as `not_started`.

        Raises:
            RuntimeError: the client is closed, or this method is already running.
        """
        self._refuse_if_closed()
        if self._is_sending:
            raise RuntimeError("send_all is already running; one WnsClient runs it once at a time.")
        self._is_sending = True
        try:
            self._leave_stale_connections()
            yield from self._rounds(iter(sends), deadline)
        finally:
            self._drop_active()
            self._last_used = self._clock()
            self._is_sending = False

    def _rounds(self, source: Iterator[Send], deadline: float | None) -> Iterator[SendResult]:
        proxies: dict[str, str] = {}
        ready: list[SendResult] = []
        failure: Exception | None = None
        has_more = True
        while has_more or self._active or ready:
            coming: list[SendResult] = []
            # As many tries as there are free places: sends that never start must not keep those
            # that have started waiting.
            for _ in range(self._concurrency - len(self._active) if has_more else 0):
                try:
                    send = next(source)
                except StopIteration:
                    has_more = False
                    break
                except Exception as error:  # noqa: BLE001 - raised below, when nothing gets lost
                    failure, has_more = error, False
                    break
                if deadline is not None and time.monotonic() >= deadline:
                    coming.append(SendResult(Outcome.NOT_STARTED, reference=send.reference))
                elif (refused := self._start(send, proxies)) is not None:
                    coming.append(refused)
            self._multi.perform()
            # Handed out only now, so that the network works while the caller does.
            yield from ready
            self._refuse_if_closed()
            ready = coming + self._finished()
            if self._active and not ready:
                self._wait()
        if failure is not None:
            raise failure

    def _start(self, send: Send, proxies: dict[str, str]) -> SendResult | None:
        try:
            url = parse_channel_uri(send.channel_uri)
        except InvalidChannelUriError as error:
            return SendResult(
                Outcome.REFUSED, reference=send.reference, transport_error=error.reason
            )
        headers = [f"{name}: {value}" for name, value in send.notification.headers.items()]
        if not _ACCESS_TOKEN.fullmatch(send.access_token) or not all(
            map(_HEADER.fullmatch, headers)
        ):
            return SendResult(
                Outcome.REJECTED,
                reference=send.reference,
                transport_error="a header may not be sent, or holds a forbidden character",
            )
        origin = url[: url.index("/", len("https://"))]
        if origin not in proxies:
            proxies[origin] = select_proxy(origin, get_environ_proxies(origin)) or ""
        headers.append(f"Authorization: Bearer {send.access_token}")
        headers += _WITHOUT
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        if isinstance(send.notification, ToastRemoval):
            headers.append("Content-Type:")
            transfer.prepare("DELETE", url, headers, b"", proxies[origin])
        else:
            transfer.prepare("POST", url, headers, send.notification.body, proxies[origin])
        self._multi.add_handle(transfer.easy)
        self._active[transfer.easy] = transfer, send
        return None

    def _finished(self) -> list[SendResult]:
        results: list[SendResult] = []
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            results += [self._result(easy, pycurl.E_OK, "") for easy in succeeded]
            results += [self._result(*failure) for failure in failed]
        return results

    def _result(self, easy: pycurl.Curl, code: int, details: str) -> SendResult:
        transfer, send = self._active.pop(easy)
        self._multi.remove_handle(easy)
        self._idle.append(transfer)
        answer = transfer.answer()
        transfer.release()
        if answer is None:
            refused = transfer.blocked and not transfer.requested
            return SendResult(
                Outcome.REFUSED if refused else Outcome.UNAVAILABLE,
                reference=send.reference,
                transport_error="the host resolves to an address that is not public"
                if refused
                else transfer.error(code, details),
                may_have_arrived=transfer.requested,
            )
        result = result_of_answer(
            answer.status_code,
            answer.headers,
            reason=answer.reason,
            now=self._clock(),
            reference=send.reference,
        )
        if result.error_description and send.access_token in result.error_description:
            words = result.error_description.replace(send.access_token, "***")
            return replace(result, error_description=words)
        return result

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RuntimeError("This WnsClient is closed.")

    def _drop_active(self) -> None:
        for transfer, _ in self._active.values():
            self._multi.remove_handle(transfer.easy)
            transfer.release()
            self._idle.append(transfer)
        self._active.clear()

    def _wait(self) -> None:
        # pycurl's select knows nothing of libcurl's own timers.
        timer = self._multi.timeout() / 1000
        self._multi.select(min(timer, _LONGEST_WAIT) if timer >= 0 else _LONGEST_WAIT)

    def _leave_stale_connections(self) -> None:
        if self._clock() - self._last_used > self._max_idle_seconds:
            self._multi.close()
            self._multi = self._new_multi()

    def _new_multi(self) -> pycurl.CurlMulti:
        multi = pycurl.CurlMulti()
        # Several hosts share the connections that are kept: with room for no more than can be
        # busy, one host's would push out another's all the time.
        kept = max(self._concurrency, min(4 * self._concurrency, _MAX_KEPT_CONNECTIONS))
        multi.setopt(pycurl.M_MAXCONNECTS, kept)
        multi.setopt(pycurl.M_PIPELINING, 0)
        return multi

    def _new_transfer(self) -> Transfer:
        return Transfer(
            ca_file=self._ca_file,
            connect_timeout=self._connect_timeout,
            total_timeout=self._total_timeout,
            max_idle_seconds=self._max_idle_seconds,
        )
