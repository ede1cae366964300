"""Server-side TLS over an asyncio transport, feeding an HTTP conversation."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from local.wns_emulator.wire.http1 import Conversation, Link

READ_SIZE = 64 * 1024
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TlsLink:
    """One TLS session.

    `converse` creates its conversation; `failed` is called with the reason of a failed handshake.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        context: ssl.SSLContext,
        *,
        converse: Callable[[Link], Conversation],
        failed: Callable[[str], None],
    ) -> None:
        self._transport = transport
        self._failed = failed
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shaken = False
        self._conversation = converse(self)

    def feed(self, data: bytes) -> None:
        """Process bytes from the network."""
        self._incoming.write(data)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
            while not self._transport.is_closing():
                plain = self._tls.read(READ_SIZE)
                if not plain:
                    self.close()
                    break
                self._conversation.feed(plain)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            if not self._shaken:
                self._failed(error.reason or str(error))
            self._flush()
            self._transport.close()
            return
        self._flush()

    def lost(self) -> None:
        self._conversation.lost()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._tls.write(data)
            self._flush()

    def close(self) -> None:
        """Send a TLS close notification and close."""
        if self._transport.is_closing():
            return
        # Ours is sent; the client's own is not waited for.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        self._transport.close()

    def reset(self) -> None:
        """Abort the connection with a TCP reset."""
        own: socket.socket = self._transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._transport.abort()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._transport.is_closing():
            self._transport.write(self._outgoing.read())
