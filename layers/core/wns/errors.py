"""What this package raises.

    WnsError
     ├─ InvalidChannelUriError (ValueError)     not a channel URI that may be sent to
     ├─ InvalidNotificationError (ValueError)   WNS or Windows would not take the notification
     │   └─ PayloadTooLargeError                its body is over the limit
     └─ AccessTokenError
         ├─ CredentialsRefusedError             the token endpoint said no
         └─ TokenEndpointError                  it could not be reached or answered nonsense

Sending raises none of these: whatever happens to one send is its `SendResult`. No message holds a
channel URI, an access token or a client secret.
"""

from __future__ import annotations


class WnsError(Exception):
    """Base of everything this package raises by itself."""


class InvalidChannelUriError(WnsError, ValueError):
    """When a text is not a channel URI of WNS.

    `reason` is a sentence that may be shown to whoever sent the text; it never repeats the text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidNotificationError(WnsError, ValueError):
    """When a payload or its headers would be refused or silently dropped."""


class PayloadTooLargeError(InvalidNotificationError):
    """When a body has more bytes (`size`) than WNS takes (`limit`)."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return f"The payload has {self.size:,} bytes; WNS takes at most {self.limit:,}."


class AccessTokenError(WnsError):
    """When no access token could be had."""


class CredentialsRefusedError(AccessTokenError):
    """When the token endpoint answered that it does not accept the credentials.

    `error` is its code (RFC 6749 section 5.2, e.g. `invalid_client`), `description` its own words,
    possibly empty.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description

    def __str__(self) -> str:
        return f"The token endpoint refused the credentials: {self.error} ({self.description})"


class TokenEndpointError(AccessTokenError):
    """When the token endpoint could not be reached in time or its answer makes no sense."""
