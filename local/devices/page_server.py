"""The running server of the devices page: the parts of this package wired together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import uvicorn

from local.devices.backend import Backend
from local.devices.game import Game
from local.devices.relay import Relay
from local.devices.roster import Roster
from local.devices.server import DevicesServer
from local.wns_emulator.control.client import EmulatorControl

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from local.devices.backend import Addresses
    from local.stack.aws import Aws

GRACE_SECONDS = 1


class PageServer(uvicorn.Server):
    """Serves the page with `serve(sockets=…)` on the event loop `loop`."""

    def __init__(
        self,
        addresses: Addresses,
        operator: Aws,
        wns_control_url: str,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        wns = EmulatorControl(wns_control_url)
        backend = Backend(addresses, operator)
        game = Game(backend, wns)
        self._relay = Relay(wns_control_url, loop)
        self.roster = roster = Roster(backend, wns, game, self._relay.publish, time.time)
        self._relay.start(roster.receive)
        config = uvicorn.Config(
            DevicesServer(roster, game, wns, self._relay).app(),
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)

    def stop(self) -> None:
        """Ask the server to stop, and end the pages' streams, which would keep it waiting."""
        self._relay.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._relay.close()
        super().handle_exit(sig, frame)
