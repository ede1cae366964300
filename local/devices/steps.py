"""The steps that devices have taken, for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.devices.page_device import PageDevice


class Steps:
    """Records what happened to devices, and publishes it to the pages."""

    def __init__(
        self, publish: Callable[[str, dict[str, Any]], None], clock: Callable[[], float]
    ) -> None:
        self._publish = publish
        self._clock = clock

    def record(self, device: PageDevice, text: str, *, ok: bool) -> None:
        """Record a step of a device; `ok` is false for one that failed."""
        step = {"at": self._clock(), "text": text, "ok": ok}
        device.steps.append(step)
        self._publish("step", {"device_id": device.device_id, **step})
        self.changed(device)

    def changed(self, device: PageDevice) -> None:
        """Let the pages read a device again."""
        self._publish("device", {"device_id": device.device_id})
