"""Errors of the service, one per case that callers tell apart.

PushError
├── NotFoundError              an app, template or notification does not exist
├── UnauthorizedError          the token names no player
├── ForbiddenError             the caller may not use this app
├── TooManyRequestsError       the caller asks too often
├── ConflictError              the request conflicts with the current state
│   └── RequestIdReusedError   the request's id belongs to another request
├── InvalidRequestError        the request can never become a notification
├── MalformedMessageError      a queue message is not what its queue carries
├── UnreadableItemError        an item of a table is not what this version stores
├── AwsUnavailableError        a service of AWS failed
│   ├── TablesUnavailableError     DynamoDB
│   ├── SecretsUnavailableError    Secrets Manager
│   ├── QueueUnavailableError      SQS
│   └── EventBusUnavailableError   EventBridge
├── NotDecidedYetError         what a request depends on is being written
├── MalformedSecretError       a secret was not written by this service
└── AccessTokenMissingError    no valid access token is stored

Messages may be shown to the caller: they hold no URI, token or secret.
"""

from __future__ import annotations

from dataclasses import dataclass


class PushError(Exception):
    """Base of the service's own errors."""

    @property
    def reason(self) -> str:
        """What is wrong, for a dead-letter queue."""
        return str(self)


class NotFoundError(PushError):
    """Raised when something named by its id does not exist."""


class UnauthorizedError(PushError):
    """Raised when a verified token does not name its player."""


class ForbiddenError(PushError):
    """Raised when the caller is known but may not use the app."""


class TooManyRequestsError(PushError):
    """Raised when a caller asks too often; `retry_after_s` says when they may ask again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of an input."""

    field: str
    message: str


class ConflictError(PushError):
    """Raised when a request conflicts with the current state."""


class RequestIdReusedError(ConflictError):
    """Raised when another request, with other content, has the same `request_id`."""


class InvalidRequestError(PushError):
    """Raised when a well-formed request cannot become a notification; `field_errors` say why."""

    def __init__(self, message: str, field_errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.field_errors = field_errors

    @property
    def reason(self) -> str:
        """The message and the field errors in one sentence, for a dead-letter queue."""
        details = "; ".join(f"{each.field}: {each.message}" for each in self.field_errors)
        return f"{self}: {details}" if details else str(self)


class MalformedMessageError(PushError):
    """Raised when a queue message is not what its queue carries. A retry would not help."""


class UnreadableItemError(PushError):
    """Raised when an item of a table is not what this version of the code stores: a newer version
    wrote it, or something else did. Only what the item stands for is affected."""


class AwsUnavailableError(PushError):
    """Base of the errors that are raised when a service of AWS failed despite the SDK's retries.

    `code` is for logs: the service, and AWS's error code or the SDK's exception, such as
    `DynamoDB ThrottlingException`.
    """

    def __init__(self, message: str, code: str = "AWS") -> None:
        super().__init__(message)
        self.code = code


class TablesUnavailableError(AwsUnavailableError):
    """Raised when DynamoDB failed. The write may have been done."""


class SecretsUnavailableError(AwsUnavailableError):
    """Raised when Secrets Manager failed."""


class NotDecidedYetError(PushError):
    """Raised when what a request depends on is being written by another worker; try again."""


class MalformedSecretError(PushError):
    """Raised when a stored secret cannot be parsed: something else wrote it."""


class EventBusUnavailableError(AwsUnavailableError):
    """Raised when EventBridge did not accept an event."""


class AccessTokenMissingError(PushError):
    """Raised when no valid access token of the app is stored; the token refresher stores one."""


class QueueUnavailableError(AwsUnavailableError):
    """Raised when SQS did not accept every message. Messages before it may be queued."""


NON_RETRYABLE = (
    MalformedMessageError,
    NotFoundError,
    ForbiddenError,
    InvalidRequestError,
    ConflictError,
)
"""Raised again and again for the same message: it can never become a notification."""
