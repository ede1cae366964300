"""The controls for another process, over the control port."""

from __future__ import annotations

from typing import Any

import requests

from local.wns_emulator.control.python import LONG_POLL_SECONDS, Controls
from local.wns_emulator.errors import ControlError

TIMEOUT_SECONDS = (5.0, LONG_POLL_SECONDS + 40.0)


class EmulatorControl(Controls):
    """Talks to the control port at `base_url`, past every proxy; holds no connection open."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    def call(self, name: str, **arguments: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                f"{self._base_url}/control/{name}", json=arguments, timeout=TIMEOUT_SECONDS
            )
            content = answer.json()
        if answer.ok:
            return content
        raise ControlError(content["error"]["code"], content["error"]["message"])
