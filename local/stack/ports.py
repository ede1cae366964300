"""The port of each server of the stack."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "127.0.0.1"
HIGHEST_PORT = 65535
ROLES = {
    "aws": "the AWS emulator",
    "issuer": "the issuer of player tokens",
    "wns_proxy": "the WNS emulator",
    "wns_control": "the WNS emulator's control page",
    "devices": "the devices page",
}


@dataclass(frozen=True, slots=True)
class Ports:
    aws: int
    issuer: int
    wns_proxy: int
    wns_control: int
    devices: int

    @classmethod
    def fixed(cls, environment: Mapping[str, str]) -> Self:
        """Return the ports of `make run`: 4566 to 4570, or those in LAPTOP_AWS_PORT and so on.

        Raises:
            StackError: a value is not a port.
        """
        return cls(
            **{
                field.name: _port_of(environment, variable_of(field.name), 4566 + index)
                for index, field in enumerate(fields(cls))
            }
        )

    @classmethod
    def free(cls) -> Self:
        """Return ports that are free now."""
        with contextlib.ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in fields(cls)]
            for each in sockets:
                each.bind((HOST, 0))
            return cls(*(each.getsockname()[1] for each in sockets))

    @classmethod
    def free_unless_set(cls, environment: Mapping[str, str]) -> Self:
        """Return ports that are free now, those that variables name excepted.

        Raises:
            StackError: a value is not a port.
        """
        free = cls.free()
        return cls(
            **{
                name: _port_of(environment, variable_of(name), getattr(free, name))
                for name in (field.name for field in fields(cls))
            }
        )

    def check(self) -> None:
        """Check that the ports are free; raises StackError with the first one that is not."""
        for field in fields(self):
            port = getattr(self, field.name)
            if _is_taken(port):
                raise StackError(
                    f"port {port} is in use, and {ROLES[field.name]} wants it: stop what listens "
                    f"there, or set {variable_of(field.name)} to another port."
                )


def variable_of(name: str) -> str:
    return f"LAPTOP_{name.upper()}_PORT"


def _port_of(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable) or str(default)
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise StackError(
            f"{variable}={text!r} is not a port: set a number from 1 to {HIGHEST_PORT}."
        )
    return int(text)


def _is_taken(port: int) -> bool:
    # Connecting detects a listener on all addresses, beside which some systems let us bind;
    # binding detects one that does not accept connections.
    with socket.socket() as caller:
        caller.settimeout(0.5)
        if caller.connect_ex((HOST, port)) == 0:
            return True
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return True
    return False
