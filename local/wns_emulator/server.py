"""The servers of one emulator, its proxy port and its control port, on the current event loop."""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import uvicorn

from local.wns_emulator.control.controls import ControlRunner
from local.wns_emulator.control.http_api import ControlApi
from local.wns_emulator.errors import PortInUseError
from local.wns_emulator.sites.entra_site import EntraSite
from local.wns_emulator.sites.live_site import LiveSite
from local.wns_emulator.sites.notify_site import NotifySite
from local.wns_emulator.state.clock import Clock
from local.wns_emulator.state.core import Core
from local.wns_emulator.wire.certificates import CertificateAuthority
from local.wns_emulator.wire.connect_proxy import CERTIFICATE_NAMES, ConnectProxy, Sites

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
TOKEN_KEY_BYTES = 32
BACKLOG = 1024


def listen(port: int, what: str) -> socket.socket:
    """Open a listening socket on 127.0.0.1; port 0 is any free one.

    Raises:
        PortInUseError: the port is in use.
    """
    try:
        return socket.create_server((LOOPBACK, port), backlog=BACKLOG)
    except OSError as error:
        raise PortInUseError(
            f"Port {port} on {LOOPBACK} cannot be used as the {what}: {error.strerror}. "
            f"Stop the process that uses it or choose another --{what.replace(' ', '-')}."
        ) from error


class EmulatorServer:
    """Serves on two listening sockets, which it owns from its construction on."""

    def __init__(
        self, directory: Path, proxy: socket.socket, control: socket.socket, *, seed: int | None
    ) -> None:
        authority = CertificateAuthority(directory, datetime.now(UTC))
        core = Core(Clock(time.time), random.Random(seed), secrets.token_bytes(TOKEN_KEY_BYTES))  # noqa: S311
        self.ca_file = str(authority.ca_file.resolve())
        self.proxy_url = f"http://{LOOPBACK}:{proxy.getsockname()[1]}"
        self.control_url = f"http://{LOOPBACK}:{control.getsockname()[1]}"
        addresses = {
            "proxy_url": self.proxy_url,
            "control_url": self.control_url,
            "ca_file": self.ca_file,
        }
        self.runner = ControlRunner(core, addresses)
        self._events = core.events
        self._proxy_socket = proxy
        self._control_socket = control
        self._proxy = ConnectProxy(
            Sites(live=LiveSite(core), entra=EntraSite(core), notify=NotifySite(core)),
            authority.server_context(CERTIFICATE_NAMES),
            report=core.events.publish,
        )
        config = uvicorn.Config(
            ControlApi(self.runner, core.events, self.ca_file).app(),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
        )
        config.load()
        self._control = uvicorn.Server(config)
        self._control.lifespan = config.lifespan_class(config)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._proxy.connection, sock=self._proxy_socket, backlog=BACKLOG
        )
        await self._control.startup(sockets=[self._control_socket])

    async def stop(self) -> None:
        """Close everything at once, open connections included."""
        self._events.close()
        for server in (self._server, *self._control.servers):
            server.close()
        self._proxy.close()
        state = self._control.server_state
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(set(state.tasks), timeout=1.0)
        await asyncio.sleep(0)
