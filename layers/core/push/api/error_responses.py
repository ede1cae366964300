"""Error responses of the HTTP API: one shape, and one table from error to status."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, Field

from push.errors import (
    ConflictError,
    EventBusUnavailableError,
    FieldError,
    ForbiddenError,
    InvalidRequestError,
    NotDecidedYetError,
    NotFoundError,
    PushError,
    QueueUnavailableError,
    SecretsUnavailableError,
    TablesUnavailableError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreadableItemError,
)
from wns.errors import CredentialsRefusedError, TokenEndpointError, WnsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BY_ERROR: dict[type[Exception], tuple[int, str]] = {
    NotFoundError: (404, "not_found"),
    UnauthorizedError: (401, "unauthorized"),
    ForbiddenError: (403, "forbidden"),
    TooManyRequestsError: (429, "too_many_requests"),
    ConflictError: (409, "conflict"),
    InvalidRequestError: (422, "invalid_request"),
    CredentialsRefusedError: (422, "credentials_refused"),
    TokenEndpointError: (503, "token_endpoint_unavailable"),
    SecretsUnavailableError: (503, "unavailable"),
    TablesUnavailableError: (503, "unavailable"),
    QueueUnavailableError: (503, "unavailable"),
    EventBusUnavailableError: (503, "unavailable"),
    NotDecidedYetError: (503, "not_decided_yet"),
    UnreadableItemError: (500, "unreadable"),
}


class ErrorBody(BaseModel):
    """What is wrong: a code for programs, a sentence for people, the fields concerned."""

    code: Annotated[str, Field(examples=["invalid_request"])]
    message: Annotated[str, Field(examples=["the request is not valid; details name the fields"])]
    details: tuple[FieldError, ...]


class ErrorResponse(BaseModel):
    """The shape of every error."""

    error: ErrorBody


class Reply(NamedTuple):
    """Status code, JSON body and headers."""

    status: int
    body: str
    headers: dict[str, str]


_RETRY_UNAVAILABLE_AFTER_S = 5


def _reply(
    status: int,
    code: str,
    message: str,
    details: Iterable[FieldError] = (),
    retry_after_s: int | None = None,
) -> Reply:
    response = ErrorResponse(error=ErrorBody(code=code, message=message, details=tuple(details)))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        retry_after_s = _RETRY_UNAVAILABLE_AFTER_S
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    # In ASCII, because a field's name may be text that UTF-8 cannot encode.
    return Reply(status, json.dumps(response.model_dump()), headers)


NO_SUCH_ROUTE = _reply(404, "no_such_route", "the API has no such route")
NOT_JSON = _reply(400, "not_json", "the body is not valid JSON")
WRONG_CONTENT_TYPE = _reply(
    415, "wrong_content_type", "the body must be JSON: Content-Type: application/json"
)
TOO_DEEP = "nested too deep"
"""Message of the error that is raised for a JSON body with too many levels."""
_TOO_DEEP_REPLY = _reply(400, "too_deep", "the body has too many levels of objects and arrays")
INTERNAL_ERROR = _reply(500, "internal_error", "internal error; try again later")


def too_large(limit: int) -> Reply:
    """Return the reply to a body of more than `limit` bytes."""
    return _reply(413, "too_large", f"the body has more than {limit:,} bytes")


def reply_to_error(error: PushError | WnsError) -> Reply:
    """Return the reply to a request that raised an error of ours."""
    for kind in type(error).__mro__:
        if kind in _BY_ERROR:
            status, code = _BY_ERROR[kind]
            details = error.field_errors if isinstance(error, InvalidRequestError) else ()
            wait_s = error.retry_after_s if isinstance(error, TooManyRequestsError) else None
            return _reply(status, code, str(error), details, wait_s)
    return INTERNAL_ERROR


def reply_to_invalid(errors: Iterable[Any]) -> Reply:
    """Return the reply to a request whose parameters or body are not valid.

    Args:
        errors: as pydantic lists them.
    """
    errors = list(errors)
    for error in errors:
        if error["type"] == "json_invalid":
            return _TOO_DEEP_REPLY if error["ctx"]["error"] == TOO_DEEP else NOT_JSON
    return _reply(
        422,
        "invalid_request",
        "the request is not valid; details name the fields",
        [FieldError(_field(error["loc"]), _sentence(error)) for error in errors],
    )


def _field(location: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in location if part != "body") or "body"


def _sentence(error: Any) -> str:
    if error["type"] == "union_tag_invalid":  # pydantic's own sentence repeats the input
        return f"Input should have one of the tags {error['ctx']['expected_tags']}"
    return str(error["msg"]).removeprefix("Value error, ")
