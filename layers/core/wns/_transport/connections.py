"""Many transfers at once over connections that are kept alive: libcurl's multi interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import pycurl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wns._transport.request import Request
    from wns._transport.transfer import Transfer


T = TypeVar("T")

_MAX_KEPT = 512


class Connections(Generic[T]):
    """Runs up to `capacity` transfers; each belongs to an owner, by which it is known outside.

    `perform` with `select` it is, and not `socket_action`: with some hundred connections the calls
    that libcurl makes back into Python cost more than the looking through all connections.
    """

    def __init__(self, capacity: int, new_transfer: Callable[[], Transfer]) -> None:
        self._capacity = capacity
        self._new_transfer = new_transfer
        self._idle: list[Transfer] = []
        self._busy: dict[pycurl.Curl, tuple[T, Transfer]] = {}
        self._multi = self._new_multi()

    @property
    def busy(self) -> int:
        """How many transfers are under way."""
        return len(self._busy)

    @property
    def free(self) -> int:
        """How many more could be started."""
        return self._capacity - len(self._busy)

    def start(self, owner: T, request: Request, proxy: str) -> None:
        """Start a transfer; `proxy` is empty for none. Nothing is sent before `perform`."""
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        transfer.prepare(request, proxy)
        self._multi.add_handle(transfer.easy)
        self._busy[transfer.easy] = owner, transfer

    def perform(self) -> None:
        """Send and receive what can be without waiting."""
        self._multi.perform()

    def wait(self, longest: float) -> None:
        """Wait until there is something to do, at most so many seconds."""
        # pycurl's select knows nothing of libcurl's own timers.
        timer = self._multi.timeout() / 1000
        self._multi.select(min(timer, longest) if timer >= 0 else longest)

    def finished(self) -> Iterator[tuple[T, Transfer, int, str]]:
        """Yield what has ended: owner, transfer, libcurl's error code and its words.

        A transfer is used again when the next is asked for.
        """
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            ended = [(easy, pycurl.E_OK, "") for easy in succeeded] + failed
            for easy, code, details in ended:
                owner, transfer = self._busy.pop(easy)
                self._multi.remove_handle(easy)
                transfer.release()
                self._idle.append(transfer)
                yield owner, transfer, code, details

    def drop_transfers(self) -> None:
        """End what is under way, without a word to the owners."""
        for _, transfer in self._busy.values():
            self._multi.remove_handle(transfer.easy)
            transfer.release()
            self._idle.append(transfer)
        self._busy.clear()

    def drop_connections(self) -> None:
        """Close the connections that are kept; no transfer is under way."""
        self._multi.close()
        self._multi = self._new_multi()

    def close(self) -> None:
        """End everything, for good."""
        self.drop_transfers()
        self._multi.close()
        while self._idle:
            self._idle.pop().close()

    def _new_multi(self) -> pycurl.CurlMulti:
        multi = pycurl.CurlMulti()
        # Several hosts share the connections that are kept: with room for no more than can be
        # busy, one host's would push out another's all the time.
        kept = max(self._capacity, min(4 * self._capacity, _MAX_KEPT))
        multi.setopt(pycurl.M_MAXCONNECTS, kept)
        multi.setopt(pycurl.M_PIPELINING, 0)
        return multi
