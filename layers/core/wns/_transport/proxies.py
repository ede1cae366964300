"""The proxy to reach a host through, from the standard environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from collections.abc import Callable

_KNOWN_S = 1.0
_MOST_KNOWN = 1024


class Proxies:
    """The proxies of origins, as the environment names them.

    To read it takes as long as two sends do, so what it says of an origin is known for a second.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: the time in epoch seconds."""
        self._clock = clock
        self._known: dict[str, str] = {}
        self._read_at = 0.0

    def find(self, origin: str) -> str:
        """Return the URL of an origin's proxy, empty for none."""
        now = self._clock()
        if now - self._read_at > _KNOWN_S or len(self._known) > _MOST_KNOWN:
            self._known.clear()
            self._read_at = now
        if origin not in self._known:
            self._known[origin] = _find_proxy(origin)
        return self._known[origin]

    def forget(self) -> None:
        """Let a changed environment take effect at once."""
        self._known.clear()


def _find_proxy(origin: str) -> str:
    parts = urlsplit(origin)
    if proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all", "")
