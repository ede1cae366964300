"""The devices page as a process: `python -m local.devices --port N …`.

The operator's credentials are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys

from local.devices.backend import Addresses
from local.devices.game_server import GameServer
from local.devices.page_server import PageServer
from local.stack.aws import Aws

HOST = "127.0.0.1"


async def serve(options: argparse.Namespace, operator: Aws, listener: socket.socket) -> None:
    addresses = Addresses(options.api_url, options.issuer_url, options.bus, options.token_refresher)
    loop = asyncio.get_running_loop()
    server = PageServer(addresses, operator, options.wns_control_url, loop)
    GameServer(operator, options.bus, server.roster.record_received).start()
    await server.serve([listener])


def main(arguments: list[str]) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code, 0 or 1."""
    parser = argparse.ArgumentParser(
        prog="python -m local.devices", description="Show virtual Windows devices in the browser."
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
        key = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        listener = socket.create_server((HOST, options.port))
    except KeyError as error:
        print(f"devices: set {error.args[0]} to the operator's credentials", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"devices: port {options.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    with listener:
        asyncio.run(serve(options, Aws(options.aws_port, *key), listener))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
