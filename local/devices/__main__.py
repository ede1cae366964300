"""Serves the devices page: `python -m local.devices --port N …`, as the laptop stack starts it.

The operator's key comes in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY and stays in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

import uvicorn

from local.devices.backend import Addresses, Backend
from local.devices.game import Game
from local.devices.relay import Relay
from local.devices.roster import Roster
from local.devices.server import DevicesServer
from local.stack.aws import Aws
from local.wns_emulator.control import EmulatorControl

if TYPE_CHECKING:
    from types import FrameType

HOST = "127.0.0.1"
GRACE_SECONDS = 1


class PageServer(uvicorn.Server):
    """Ends the pages' streams when it is asked to stop; they would keep it waiting."""

    relay: Relay

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.relay.close()
        super().handle_exit(sig, frame)


async def serve(options: argparse.Namespace, listener: socket.socket) -> None:
    operator = Aws(
        options.aws_port, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    )
    wns = EmulatorControl(options.wns_control_url)
    addresses = Addresses(options.api_url, options.issuer_url, options.bus, options.token_refresher)
    backend = Backend(addresses, operator)
    relay = Relay(options.wns_control_url, asyncio.get_running_loop())
    game = Game(backend, wns)
    roster = Roster(backend, wns, game, relay.publish, time.time)
    config = uvicorn.Config(
        DevicesServer(roster, game, wns, relay).app(),
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = PageServer(config)
    server.relay = relay
    await server.serve(sockets=[listener])


def main(arguments: list[str]) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.devices", description="Shows virtual Windows devices in the browser."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api-url", required=True, help="of the product's HTTP API")
    parser.add_argument("--issuer-url", required=True, help="of the issuer of player tokens")
    parser.add_argument("--wns-control-url", required=True, help="of the WNS emulator's controls")
    parser.add_argument("--aws-port", type=int, required=True, help="of the AWS emulator")
    parser.add_argument("--bus", required=True, help="name of the bus of game events")
    parser.add_argument("--token-refresher", required=True, help="name of the function")
    options = parser.parse_args(arguments)
    try:
        listener = socket.create_server((HOST, options.port))
    except OSError as error:
        print(f"devices: port {options.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    with listener:
        asyncio.run(serve(options, listener))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
