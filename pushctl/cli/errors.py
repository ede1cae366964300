"""The error of a command that is wrong as it was typed."""

from __future__ import annotations

from pushctl.client.errors import PushctlError


class UsageError(PushctlError):
    """Raised when a command lacks an option, has too many, or one that cannot be read."""

    exit_code = 2
    default_code = "usage"
