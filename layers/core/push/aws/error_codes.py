"""Codes of AWS's errors, for logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError


def error_code(error: BotoCoreError | ClientError) -> str:
    """Return AWS's error code, or the name of the SDK's exception if AWS did not respond. Never the
    error's text, which may repeat the request."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "no code"))
    return type(error).__name__
