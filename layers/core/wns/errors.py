"""Exceptions that this package raises.

    WnsError
     ├─ InvalidChannelUriError (ValueError)     not a channel URI of WNS
     ├─ InvalidNotificationError (ValueError)   WNS or Windows would refuse the notification
     │   └─ PayloadTooLargeError                its body is too large
     └─ AccessTokenError
         ├─ CredentialsRefusedError             the token endpoint refused the credentials
         └─ TokenEndpointError                  it was unreachable or its response unusable

Sending raises none of these: the result of each send, failed or not, is a `SendResult`. No message
contains a channel URI, an access token or a client secret.
"""

from __future__ import annotations


class WnsError(Exception):
    """Base class of all exceptions of this package."""


class InvalidChannelUriError(WnsError, ValueError):
    """Raised when a text is not a channel URI of WNS.

    `reason` is a sentence for whoever sent the text. It never repeats the text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidNotificationError(WnsError, ValueError):
    """Raised when WNS would refuse a payload or its headers, or Windows would drop it silently."""


class PayloadTooLargeError(InvalidNotificationError):
    """Raised when a body has more bytes (`size`) than WNS accepts (`limit`)."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"The payload has {self.size:,} bytes; WNS accepts at most {self.limit:,}: shorten it."
        )


class AccessTokenError(WnsError):
    """Raised when no access token could be obtained."""


class CredentialsRefusedError(AccessTokenError):
    """Raised when the token endpoint refuses the credentials.

    `error` is its error code (RFC 6749 section 5.2, e.g. `invalid_client`), `description` its error
    description, possibly empty.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description

    def __str__(self) -> str:
        return f"The token endpoint refused the credentials: {self.error} ({self.description})"


class TokenEndpointError(AccessTokenError):
    """Raised when the token endpoint is unreachable, too slow, or its response unusable."""
