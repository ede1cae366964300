"""Run the emulator: `.venv/bin/python -m local.wns_emulator --directory DIR`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from local.wns_emulator.emulator import WnsEmulator
from local.wns_emulator.errors import PortInUseError


def main(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM; returns the exit code, 0 or 1."""
    parser = argparse.ArgumentParser(prog="python -m local.wns_emulator", description=__doc__)
    parser.add_argument(
        "--directory", type=Path, required=True, help="where the certificate authority is kept"
    )
    parser.add_argument("--proxy-port", type=int, default=0, help="default: any free port")
    parser.add_argument("--control-port", type=int, default=0, help="default: any free port")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    emulator = WnsEmulator(
        options.directory, proxy_port=options.proxy_port, control_port=options.control_port
    )
    try:
        with emulator as wns:
            print(
                f"wns emulator: proxy {wns.proxy_url} control {wns.control_url} ca {wns.ca_file}",
                flush=True,
            )
            stop.wait()
    except PortInUseError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{options.directory} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
