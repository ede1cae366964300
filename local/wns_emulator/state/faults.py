"""Faults that a test asks for: codes, delays, lost responses and responses that stop half-way."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from local.wns_emulator.argument_types import Count, HeaderText, Seconds, Status, Text
from local.wns_emulator.wire.http1 import Ending, Reply

if TYPE_CHECKING:
    import random

Endpoint = Literal["notify", "token"]


class Fault(BaseModel):
    """What happens to some requests.

    `code` replaces the response by one with this status; `reset` resets the TCP connection and
    `close` closes it, both without a response; `stall` stops half-way through the response; `delay`
    is in seconds of real time. With `accepted` the request takes effect although its response is
    lost or replaced. `app` and `channel` (ids) restrict the fault to their requests.
    """

    model_config = ConfigDict(extra="forbid")

    code: Status | None = None
    reason: HeaderText | None = None
    headers: dict[HeaderText, HeaderText] = {}
    retry_after: Count | None = None
    reset: bool = False
    close: bool = False
    stall: bool = False
    delay: Seconds = 0
    accepted: bool = False
    endpoint: Endpoint = "notify"
    app: Text | None = None
    channel: Text | None = None

    @property
    def takes_effect(self) -> bool:
        """Whether the request takes effect despite the fault."""
        return self.accepted or (self.code is None and self.ending == "whole")

    @property
    def ending(self) -> Ending:
        """How the response ends."""
        if self.reset:
            return "reset"
        if self.close:
            return "closed"
        return "stalled" if self.stall else "whole"

    def reply(self, common: list[tuple[str, str]]) -> Reply:
        """Make the response in place of the true one, with the `common` headers."""
        status = self.code or 200
        headers = common + list(self.headers.items())
        if self.retry_after is not None:
            headers.append(("Retry-After", str(self.retry_after)))
        return self.corrupt(Reply(status, self.reason or _reason(status), headers))

    def corrupt(self, reply: Reply) -> Reply:
        """Delay a response, or break it off, as the fault says."""
        reply.delay = self.delay
        reply.ending = self.ending
        return reply

    def name(self) -> str:
        """Name the fault for the request log, for instance `503, accepted`."""
        parts = [str(self.code)] if self.code else []
        parts += [word for word in ("reset", "close", "stall", "accepted") if getattr(self, word)]
        parts += [f"delay {self.delay:g} s"] if self.delay else []
        return ", ".join(parts)

    def covers(self, endpoint: Endpoint, app: str | None, channel_id: str | None) -> bool:
        """Return whether a request is one of those that the fault is for."""
        return (
            self.endpoint == endpoint
            and self.app in {None, app}
            and self.channel in {None, channel_id}
        )


@dataclass(slots=True)
class _Order:
    """A fault for the next `left` requests or, without it, for a `share` of all requests."""

    fault: Fault
    left: int | None
    share: float


class Faults:
    """The faults in force, applied in the order in which they were added.

    `paused_until` is when WNS responds again, in seconds of `time.monotonic`.
    """

    def __init__(self, random_source: random.Random) -> None:
        self._random = random_source
        self._orders: list[_Order] = []
        self.paused_until = 0.0

    def add(self, fault: Fault, *, left: int | None = None, share: float = 1.0) -> None:
        """Apply a fault to the next `left` requests or, without it, to a `share` of all."""
        self._orders.append(_Order(fault, left, share))

    def clear(self) -> None:
        self._orders.clear()
        self.paused_until = 0.0

    def take(self, endpoint: Endpoint, app: str | None, channel_id: str | None) -> Fault | None:
        """Return the fault that applies to this request, if any, and count it down."""
        for order in self._orders:
            if not order.fault.covers(endpoint, app, channel_id):
                continue
            if order.left is not None:
                order.left -= 1
                if order.left == 0:
                    self._orders.remove(order)
                return order.fault
            if self._random.random() < order.share:
                return order.fault
        return None


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
