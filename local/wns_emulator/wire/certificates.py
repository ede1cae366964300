"""The certificate authority of the emulator and the certificate it shows to clients."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Sequence

ORGANIZATION = "WNS emulator (local tests only)"
# Some clients accept no server certificate that is valid for longer than about two years.
LEAF_LIFETIME = dt.timedelta(days=90)
BACKDATED = dt.timedelta(days=1)


class CertificateAuthority:
    """A CA kept in a directory as `ca.pem` and `ca-key.pem`; a damaged one is replaced."""

    def __init__(self, directory: Path, now: dt.datetime) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.ca_file = directory / "ca.pem"
        self._key_file = directory / "ca-key.pem"
        self._now = now
        with (directory / "ca.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._ca = self._load() or self._create()

    def server_context(self, names: Sequence[str]) -> ssl.SSLContext:
        """Make a server's TLS context with a new certificate for these DNS names, HTTP/1.1 only."""
        certificate = self._ca.issue_cert(
            *names,
            organization_name=ORGANIZATION,
            not_before=self._now - BACKDATED,
            not_after=self._now + LEAF_LIFETIME,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate.configure_cert(context)
        return context

    def _load(self) -> trustme.CA | None:
        try:
            # Unlike trustme, ssl checks that certificate and key belong together.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self.ca_file, self._key_file, password=""
            )
        except (FileNotFoundError, ssl.SSLError):
            return None
        self._key_file.chmod(0o600)
        return trustme.CA.from_pem(self.ca_file.read_bytes(), self._key_file.read_bytes())

    def _create(self) -> trustme.CA:
        ca = trustme.CA(organization_name=ORGANIZATION)
        _replace(self._key_file, ca.private_key_pem.bytes(), mode=0o600)
        _replace(self.ca_file, ca.cert_pem.bytes(), mode=0o644)
        return ca


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    """Replace the file in one step: no reader ever sees half of it, or a wider mode."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).chmod(mode)
    Path(temporary).replace(path)
