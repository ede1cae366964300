"""Errors of the devices page."""

from __future__ import annotations


class DevicesError(Exception):
    """Raised when an action of the page is refused; `code` is stable, the text is shown."""

    def __init__(self, code: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
