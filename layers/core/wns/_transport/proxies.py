"""The proxy to reach a host through, from the standard environment variables."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from requests.utils import get_environ_proxies, select_proxy

if TYPE_CHECKING:
    from collections.abc import Callable

_CACHE_SIZE = 1024


def new_proxy_cache() -> Callable[[str], str]:
    """Return a function that gives the URL of an origin's proxy, empty for none.

    It reads the environment once per origin, which is slow enough to be noticed per send.
    """
    return lru_cache(_CACHE_SIZE)(_find_proxy)


def _find_proxy(origin: str) -> str:
    return select_proxy(origin, get_environ_proxies(origin)) or ""
