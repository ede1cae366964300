"""Errors of the library, one per exit code of the command line.

PushctlError
├── NotFoundError       3  an app, a template, a notification, a stack does not exist
├── ConflictError       4  somebody else changed it in the meantime
├── RefusedError        5  the service, Microsoft or a file's content refused it
├── UnavailableError    6  AWS, the API or the network failed; try again
└── NotAllowedError     7  the AWS identity lacks a permission, or there is none

Messages may be shown: they hold no channel URI, token or secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PushctlError(Exception):
    """Base of the library's errors.

    Attributes:
        code: a word for programs, the API's own where it has one.
        details: more lines, such as the fields concerned.
    """

    exit_code = 1
    default_code = "failed"

    def __init__(
        self, message: str, *, code: str | None = None, details: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.details = tuple(details)


class NotFoundError(PushctlError):
    """Raised when something named does not exist."""

    exit_code = 3
    default_code = "not_found"


class ConflictError(PushctlError):
    """Raised when a change conflicts with somebody else's."""

    exit_code = 4
    default_code = "conflict"


class RefusedError(PushctlError):
    """Raised when the service, Microsoft or a rule refuses what was given."""

    exit_code = 5
    default_code = "refused"


class UnavailableError(PushctlError):
    """Raised when AWS, the API or the network failed. A retry may succeed."""

    exit_code = 6
    default_code = "unavailable"


class NotAllowedError(PushctlError):
    """Raised when there are no AWS credentials, or they lack a permission."""

    exit_code = 7
    default_code = "not_allowed"
