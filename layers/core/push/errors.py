"""What can go wrong in the service, as its callers tell it apart.

PushError
├── NotFoundError             an app, template or notification that is not there
├── UnauthorizedError         the token names nobody
├── ForbiddenError            this caller may not do this with this app
├── ConflictError             what is asked for stands against what is
├── InvalidRequestError       the request cannot become a notification, and never will
├── MalformedMessageError    a queue message that is not what its queue carries
├── TablesUnavailableError    DynamoDB does not do what it is asked
├── SecretsUnavailableError   Secrets Manager cannot be reached, or refuses
├── MalformedSecretError     a stored secret is not what it should be
├── EventBusUnavailableError         the event bus did not take an event
├── AccessTokenMissingError   the app has no access token yet, or none that is still valid
└── QueueUnavailableError         SQS did not take all that was to be queued
"""

from __future__ import annotations

from dataclasses import dataclass


class PushError(Exception):
    """Base of the service's own errors; the text is fit to be shown to the caller."""


class NotFoundError(PushError):
    """When something named by its id is not there."""


class UnauthorizedError(PushError):
    """When a verified token does not say who calls."""


class ForbiddenError(PushError):
    """When the caller is known but may not do this."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with an input: the field it is in and a sentence about it."""

    field: str
    message: str


class ConflictError(PushError):
    """When what is asked for stands against what is already so."""


class InvalidRequestError(PushError):
    """When a request is well-formed but cannot become a notification: it says which fields are at
    fault."""

    def __init__(self, message: str, field_errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.field_errors = field_errors


class MalformedMessageError(PushError):
    """When a queue message is not what its queue carries; sending it again would not help."""


class TablesUnavailableError(PushError):
    """When DynamoDB does not do what it is asked; trying again may do."""


class SecretsUnavailableError(PushError):
    """When Secrets Manager does not do what it is asked; trying again may do."""


class MalformedSecretError(PushError):
    """When a stored secret is not what this service stores; somebody else wrote it."""


class EventBusUnavailableError(PushError):
    """When the event bus did not take an event; trying again may do."""


class AccessTokenMissingError(PushError):
    """When no valid access token of the app is stored; the token refresher provides one."""


class QueueUnavailableError(PushError):
    """When SQS did not take every message; the work is done again from its start."""
