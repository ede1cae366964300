"""Trouble on order: codes, delays, resets and answers that stop half-way."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from local.wns_emulator.wire.http1 import Reply

if TYPE_CHECKING:
    import random

Endpoint = Literal["notify", "token"]


@dataclass(slots=True)
class Fault:
    """What happens to some requests.

    `left` counts down ("the next n"); without it, `share` is the probability for each request.
    With `accepted` the request is carried out before its answer is spoilt.
    """

    endpoint: Endpoint
    code: int | None = None
    reason: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    stall: bool = False
    accepted: bool = False
    app: str | None = None
    channel_id: str | None = None
    left: int | None = None
    share: float = 1.0

    @property
    def carries_out(self) -> bool:
        """Whether the request is carried out all the same."""
        return self.accepted or (self.code is None and not self.reset and not self.stall)

    def made_answer(self, common: list[tuple[str, str]]) -> Reply:
        """The answer in place of the true one."""
        status = self.code or 200
        reply = Reply(status, self.reason or _reason(status), common + list(self.headers.items()))
        return self.corrupt(reply)

    def corrupt(self, reply: Reply) -> Reply:
        """Do to an answer what the fault does to answers on their way."""
        reply.delay = self.delay
        reply.ending = "reset" if self.reset else "stalled" if self.stall else "whole"
        return reply

    def name(self) -> str:
        parts = [str(self.code)] if self.code else []
        parts += [word for word in ("reset", "stall", "accepted") if getattr(self, word)]
        parts += [f"delay {self.delay:g} s"] if self.delay else []
        return ", ".join(parts)


class Faults:
    """The faults on order, taken in the order they were given."""

    def __init__(self, random_source: random.Random) -> None:
        self._random = random_source
        self._ordered: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._ordered.append(fault)

    def clear(self) -> None:
        self._ordered.clear()

    def take(self, endpoint: Endpoint, app: str | None, channel_id: str | None) -> Fault | None:
        """The fault that strikes this request, if one does."""
        for fault in self._ordered:
            if fault.endpoint != endpoint:
                continue
            if fault.app not in {None, app} or fault.channel_id not in {None, channel_id}:
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left == 0:
                    self._ordered.remove(fault)
                return fault
            if self._random.random() < fault.share:
                return fault
        return None


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
