"""The certificate authority of the emulator and the certificate it shows to clients."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

CA_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WNS emulator CA (local tests only)")])
CA_LIFETIME = dt.timedelta(days=3650)
LEAF_LIFETIME = dt.timedelta(days=90)
BACKDATED = dt.timedelta(days=1)
PRIVATE = 0o600


class CertificateAuthority:
    """A CA kept in a directory as `ca.pem` and `ca-key.pem` and used again while it is valid."""

    def __init__(self, directory: Path, now: dt.datetime) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.ca_file = directory / "ca.pem"
        self._key_file = directory / "ca-key.pem"
        self._now = now
        with (directory / "ca.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._certificate, self._key = self._load() or self._create()

    def server_context(self, names: Sequence[str]) -> ssl.SSLContext:
        """A server's TLS context with a fresh certificate for these DNS names, HTTP/1.1 only."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(LEAF_LIFETIME)
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # ssl reads certificates from files only; this one is readable by its owner and short-lived.
        with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
            chain.write(_key_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
            chain.flush()
            context.load_cert_chain(chain.name)
        return context

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        try:
            certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
        except (FileNotFoundError, TypeError, ValueError):
            return None
        if (
            not isinstance(key, ec.EllipticCurvePrivateKey)
            or certificate.public_key() != key.public_key()
            or certificate.not_valid_before_utc > self._now
            or certificate.not_valid_after_utc < self._now + LEAF_LIFETIME
        ):
            return None
        self._key_file.chmod(PRIVATE)
        return certificate, key

    def _create(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(CA_LIFETIME)
            .subject_name(CA_NAME)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        _write_private(self._key_file, _key_pem(key))
        _write_private(self.ca_file, certificate.public_bytes(serialization.Encoding.PEM))
        self.ca_file.chmod(0o644)
        return certificate, key

    def _builder(self, lifetime: dt.timedelta) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .issuer_name(CA_NAME)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - BACKDATED)
            .not_valid_after(self._now + lifetime)
        )


def _key_usage(
    *, digital_signature: bool = False, signs_certificates: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_private(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that nobody ever reads half of it or another's mode."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).replace(path)
