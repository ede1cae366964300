"""The controls for another process, over the control port."""

from __future__ import annotations

from typing import Any

from local import direct_http
from local.wns_emulator.control.controls import Controls
from local.wns_emulator.control.declaration import CONTROLS
from local.wns_emulator.control.inspection import LONGEST_WAIT
from local.wns_emulator.errors import ControlError

TIMEOUT_SECONDS = (5.0, LONGEST_WAIT + 5.0)


class EmulatorControl(Controls):
    """Calls the control port at `base_url`, never through a proxy; keeps no connection open."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    def call(self, name: str, /, **arguments: Any) -> Any:
        url = f"{self._base_url}/control/{name}"
        response = direct_http.request("POST", url, json=arguments, timeout=TIMEOUT_SECONDS)
        content = response.json()
        if response.ok:
            return CONTROLS[name].result.validate_python(content)
        raise ControlError(content["error"]["code"], content["error"]["message"])
