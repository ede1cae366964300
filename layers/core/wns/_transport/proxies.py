"""The proxy to reach a host through, from the standard environment variables."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from collections.abc import Callable

_CACHE_SIZE = 1024


def new_proxy_cache() -> Callable[[str], str]:
    """Return a function that gives the URL of an origin's proxy, empty for none.

    It reads the environment once per origin, which is slow enough to be noticed per send.
    """
    return lru_cache(_CACHE_SIZE)(_find_proxy)


def _find_proxy(origin: str) -> str:
    parts = urlsplit(origin)
    if proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all", "")
