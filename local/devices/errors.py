"""What the devices page refuses."""

from __future__ import annotations


class DevicesError(Exception):
    """When the page asks for something that cannot be done; `code` is stable, the text is shown."""

    def __init__(self, code: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
