"""HTTP requests between the local servers."""

from __future__ import annotations

from typing import Any

import requests


def request(method: str, url: str, **options: Any) -> requests.Response:
    """Send a request on its own connection; `options` are those of `requests.request`.

    The environment's proxies, certificates and credentials are ignored.
    """
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, **options)
