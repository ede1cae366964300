"""Concurrent transfers over kept-alive connections: libcurl's multi interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import pycurl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wns._transport.request import Envelope
    from wns._transport.transfer import Transfer


T = TypeVar("T")

_MAX_KEPT = 512


class Connections(Generic[T]):
    """Runs up to `capacity` transfers, each identified by its owner.

    `perform` and `select` rather than `socket_action`: with a hundred connections, the callbacks
    from libcurl into Python would cost more than libcurl's scan of all connections.
    """

    def __init__(self, capacity: int, new_transfer: Callable[[], Transfer]) -> None:
        self._capacity = capacity
        self._new_transfer = new_transfer
        self._idle: list[Transfer] = []
        self._busy: dict[pycurl.Curl, tuple[T, Transfer]] = {}
        self._multi = self._new_multi()

    @property
    def busy(self) -> int:
        """How many transfers are in flight."""
        return len(self._busy)

    @property
    def free(self) -> int:
        """How many more can be started."""
        return self._capacity - len(self._busy)

    def start(self, owner: T, url: str, envelope: Envelope, body: bytes, proxy: str) -> None:
        """Start a transfer; `proxy` is empty for none. Nothing is sent before `perform`."""
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        transfer.prepare(url, envelope, body, proxy)
        easy = transfer.easy
        self._multi.add_handle(easy)
        self._busy[easy] = owner, transfer

    def perform(self) -> None:
        """Send and receive without waiting."""
        self._multi.perform()

    def wait(self, longest: float) -> None:
        """Wait until there is something to do, for at most `longest` seconds."""
        # pycurl's select knows nothing of libcurl's own timers.
        timer = self._multi.timeout() / 1000
        self._multi.select(min(timer, longest) if timer >= 0 else longest)

    def finished(self) -> Iterator[tuple[T, Transfer, int, str]]:
        """Yield each completed transfer: owner, transfer, libcurl's error code and message.

        A transfer is only valid until the next one is yielded; then it is reused.
        """
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            for easy in succeeded:
                owner, transfer = self._take_back(easy)
                yield owner, transfer, pycurl.E_OK, ""
            for easy, code, details in failed:
                owner, transfer = self._take_back(easy)
                yield owner, transfer, code, details

    def _take_back(self, easy: pycurl.Curl) -> tuple[T, Transfer]:
        owned = self._busy.pop(easy)
        self._multi.remove_handle(easy)
        owned[1].release()
        self._idle.append(owned[1])
        return owned

    def drop_transfers(self) -> None:
        """Drop what is in flight; its owners are not notified."""
        for _, transfer in self._busy.values():
            self._multi.remove_handle(transfer.easy)
            transfer.release()
            self._idle.append(transfer)
        self._busy.clear()

    def drop_connections(self) -> None:
        """Close the idle connections; no transfer may be in flight."""
        self._multi.close()
        self._multi = self._new_multi()

    def close(self) -> None:
        """Drop everything, for good."""
        self.drop_transfers()
        self._multi.close()
        while self._idle:
            self._idle.pop().close()

    def _new_multi(self) -> pycurl.CurlMulti:
        multi = pycurl.CurlMulti()
        # Several hosts share the idle connections: with room for only as many as can be busy, one
        # host's connections would keep evicting another's.
        kept = max(self._capacity, min(4 * self._capacity, _MAX_KEPT))
        multi.setopt(pycurl.M_MAXCONNECTS, kept)
        multi.setopt(pycurl.M_PIPELINING, 0)
        return multi
