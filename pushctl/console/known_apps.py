"""Apps that are needed often, read again after half a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pushctl.client.apps import get_app

if TYPE_CHECKING:
    from push.apps.models import App
    from pushctl.client.stack import Stack

_KNOWN_S = 30.0


class KnownApps:
    """The apps of a stack. A preview as you type needs the app each time."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._found: dict[str, tuple[float, App]] = {}

    def get(self, app_id: str) -> App:
        """Return an app, at most half a minute old.

        Raises:
            NotFoundError: it does not exist.
        """
        known = self._found.get(app_id)
        if known is not None and time.monotonic() - known[0] < _KNOWN_S:
            return known[1]
        app = get_app(self._stack, app_id)
        self._found[app_id] = (time.monotonic(), app)
        return app
