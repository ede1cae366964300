"""HTTP over libcurl, with errors of botocore."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import pycurl
from botocore import exceptions as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.aws.clients import Patience

_NO_CONNECTION = (
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
)
_TLS = (pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE)


class HttpResponse(NamedTuple):
    """A response.

    Attributes:
        may_be_resent: libcurl sends a request again by itself if a connection that was kept turns
            out to be closed before a byte of the response.
    """

    status_code: int
    body: bytes
    may_be_resent: bool = False


@dataclass
class KeptConnections(threading.local):
    """One kept-alive connection per thread."""

    url: str
    ca_file: str
    patience: Patience

    def __post_init__(self) -> None:
        self._handle: pycurl.Curl | None = None
        self._is_fresh = True

    def post(self, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """Send a request and receive its response.

        Raises:
            BotoCoreError: there is no whole response.
        """
        if self._handle is None:
            self._handle = self._open()
        handle, received = self._handle, BytesIO()
        lines = [f"{name}: {value}" for name, value in headers.items()]
        handle.setopt(pycurl.HTTPHEADER, [*lines, "Expect:", "Accept:"])
        handle.setopt(pycurl.POSTFIELDS, body)
        handle.setopt(pycurl.WRITEDATA, received)
        try:
            handle.perform()
        except pycurl.error as error:
            raise self._failure(handle, int(error.args[0])) from None
        is_first, self._is_fresh = self._is_fresh, False
        may_be_resent = not is_first and handle.getinfo(pycurl.NUM_CONNECTS) > 0
        return HttpResponse(
            handle.getinfo(pycurl.RESPONSE_CODE), received.getvalue(), may_be_resent
        )

    def _open(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        for option, value in {
            pycurl.URL: self.url,
            pycurl.POST: 1,
            pycurl.CAINFO: self.ca_file,
            pycurl.USERAGENT: "windows-push-backend",
            pycurl.CONNECTTIMEOUT_MS: int(self.patience.connect_s * 1000),
            pycurl.TIMEOUT_MS: int(self.patience.read_s * 1000),
            pycurl.NOSIGNAL: 1,
            pycurl.TCP_NODELAY: 1,
        }.items():
            handle.setopt(option, value)
        return handle

    def _failure(self, handle: pycurl.Curl, code: int) -> errors.BotoCoreError:
        if code == pycurl.E_OPERATION_TIMEDOUT:
            is_connected = handle.getinfo(pycurl.PRETRANSFER_TIME) > 0
            kind = errors.ReadTimeoutError if is_connected else errors.ConnectTimeoutError
            return kind(endpoint_url=self.url)
        if code in _NO_CONNECTION:
            return errors.EndpointConnectionError(endpoint_url=self.url)
        if code in _TLS:
            return errors.SSLError(endpoint_url=self.url, error=OSError(f"libcurl error {code}"))
        return errors.ConnectionClosedError(endpoint_url=self.url)
