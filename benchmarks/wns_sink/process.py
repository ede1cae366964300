"""The TLS server in place of WNS, as a process: compiled when needed, with its own certificates."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self

import trustme

if TYPE_CHECKING:
    from types import TracebackType

SOURCE = Path(__file__).with_name("sink.c")
PEERS = Path(__file__).parents[1] / ".peers"
HOST = "db5p.notify.windows.com"


class SinkError(Exception):
    """Raised when the server cannot be compiled or started."""


class WnsSink:
    """A running server; leaving it ends the process.

    Attributes:
        port: for TLS, or for `CONNECT` and then TLS.
        ca_file: the authority that signed its certificate for `*.notify.windows.com`, `localhost`
            and 127.0.0.1.
    """

    def __init__(self, ca_file: Path, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        self.ca_file = ca_file
        self.pid = process.pid
        self.port = int(process.stdout.readline())
        self._process = process

    @classmethod
    def start(cls, delay_ms: int = 0) -> Self:
        """Start a server that answers after so many milliseconds."""
        folder = PEERS / "wns_sink"
        folder.mkdir(parents=True, exist_ok=True)
        ca_file, chain, key = (folder / name for name in ("ca.pem", "chain.pem", "key.pem"))
        if not key.exists():
            authority = trustme.CA()
            leaf = authority.issue_cert("*.notify.windows.com", "localhost", "127.0.0.1")
            authority.cert_pem.write_to_path(ca_file)
            for number, part in enumerate(leaf.cert_chain_pems):
                part.write_to_path(chain, append=number > 0)
            leaf.private_key_pem.write_to_path(key)
        command = [str(each) for each in (_binary(folder), chain, key, delay_ms)]
        return cls(ca_file, subprocess.Popen(command, stdout=subprocess.PIPE, text=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _binary(folder: Path) -> Path:
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    binary = folder / f"sink-{digest}"
    if not binary.exists():
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise SinkError("no C compiler found: install one (on Debian: apt install gcc)")
        made = subprocess.run(
            [compiler, "-O2", "-o", binary, SOURCE, "-l:libssl.so.3", "-l:libcrypto.so.3"],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise SinkError(f"{SOURCE.name} could not be compiled: {made.stderr[-500:]}")
    return binary
