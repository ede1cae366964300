"""How both APIs answer when something is wrong: one shape, one table from error to status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from push.errors import (
    ConflictError,
    EventBusUnavailableError,
    FieldError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PushError,
    QueueUnavailableError,
    SecretsUnavailableError,
    TablesUnavailableError,
    UnauthorizedError,
)
from wns.errors import CredentialsRefusedError, TokenEndpointError, WnsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_STATUS: dict[type[Exception], tuple[int, str]] = {
    NotFoundError: (404, "not_found"),
    UnauthorizedError: (401, "unauthorized"),
    ForbiddenError: (403, "forbidden"),
    ConflictError: (409, "conflict"),
    InvalidRequestError: (422, "invalid_request"),
    CredentialsRefusedError: (422, "credentials_refused"),
    TokenEndpointError: (503, "token_endpoint_unavailable"),
    SecretsUnavailableError: (503, "unavailable"),
    TablesUnavailableError: (503, "unavailable"),
    QueueUnavailableError: (503, "unavailable"),
    EventBusUnavailableError: (503, "unavailable"),
}


class ErrorBody(BaseModel):
    """What is wrong: a code for programs, a sentence for people, the fields at fault."""

    code: Annotated[str, Field(examples=["invalid_request"])]
    message: Annotated[str, Field(examples=["the request is not valid; details say which fields"])]
    details: tuple[FieldError, ...]


class ErrorResponse(BaseModel):
    """The one shape of every error."""

    error: ErrorBody


Answer = tuple[int, str]
"""Status code and JSON body."""


def answer_for(error: PushError | WnsError) -> Answer:
    """Return the answer to a caller whose request raised one of our errors."""
    status, code = next(
        (_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), (500, "internal_error")
    )
    if status == 500:  # noqa: PLR2004
        return internal_error()
    field_errors = error.field_errors if isinstance(error, InvalidRequestError) else ()
    return status, _body(code, str(error), field_errors)


def answer_for_invalid(field_errors: Iterable[Any]) -> Answer:
    """Return the answer to a request whose parameters or body break a rule; `field_errors`
    as pydantic lists them."""
    field_errors = list(field_errors)
    if any(error["type"] == "json_invalid" for error in field_errors):
        return not_json()
    return 422, _body(
        "invalid_request",
        "the request is not valid; details say which fields and why",
        [FieldError(_field(error["loc"]), _sentence(error)) for error in field_errors],
    )


def no_such_route() -> Answer:
    """Return the answer to a route that the API does not have."""
    return 404, _body("no_such_route", "the API has no such route")


def not_json() -> Answer:
    """Return the answer to a body that cannot be read."""
    return 400, _body("not_json", "the body is not valid JSON")


def too_large(limit: int) -> Answer:
    """Return the answer to a body of more than `limit` bytes."""
    return 413, _body("too_large", f"the body has more than {limit:,} bytes")


def wrong_content_type() -> Answer:
    """Return the answer to a body that says it is not JSON."""
    return 415, _body("wrong_content_type", "the body must be JSON: Content-Type: application/json")


def internal_error() -> Answer:
    """Return the answer where the fault is ours; what it was stands in the log."""
    return 500, _body("internal_error", "something went wrong here; try again later")


def _field(location: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in location if part != "body") or "body"


def _sentence(error: Any) -> str:
    if error["type"] == "union_tag_invalid":  # pydantic's own sentence repeats what was given
        return f"Input should have one of the tags {error['ctx']['expected_tags']}"
    return str(error["msg"]).removeprefix("Value error, ")


def _body(code: str, message: str, field_errors: Iterable[FieldError] = ()) -> str:
    answer = ErrorResponse(error=ErrorBody(code=code, message=message, details=tuple(field_errors)))
    # In ASCII, because a field's name may be text that UTF-8 has no bytes for.
    return json.dumps(answer.model_dump())
