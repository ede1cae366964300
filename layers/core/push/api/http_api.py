"""What both HTTP APIs share: validation, bodies within limits, errors in one shape, OpenAPI.

The one module of this package that knows Powertools and API Gateway's events.
"""

from __future__ import annotations

import base64
import binascii
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path

from push.api.error_responses import (
    ErrorResponse,
    answer_for,
    answer_for_invalid,
    internal_error,
    no_such_route,
    not_json,
    too_large,
    wrong_content_type,
)
from push.errors import PushError
from push.identifiers import AppId
from wns.errors import WnsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pydantic import BaseModel

    from push.api.error_responses import Answer


AppIdInPath = Annotated[AppId, Path(description="The app's id")]

MAX_BODY_BYTES = 16_384


class HttpApi(APIGatewayHttpResolver):
    """An HTTP API whose errors all have one shape.

    `larger_bodies` gives the bytes that a body may have, where they are more than 16 KB, by a part
    of the path.
    """

    def __init__(self, logger: Logger, larger_bodies: Mapping[str, int] | None = None) -> None:
        super().__init__(enable_validation=True, json_body_deserializer=_read_json)
        self._larger_bodies = larger_bodies or {}
        self._logger = logger
        self.exception_handler([PushError, WnsError])(lambda error: _response(answer_for(error)))
        self.exception_handler(RequestValidationError)(
            lambda error: _response(answer_for_invalid(error.errors()))
        )
        self.exception_handler(Exception)(self._fail)
        self.not_found(lambda _: _response(no_such_route()))

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer an event of API Gateway."""
        if event.get("body"):
            read = self._read_body(event)
            if isinstance(read, tuple):
                status, body = read
                headers = {"content-type": "application/json"}
                return {"statusCode": status, "headers": headers, "body": body}
            headers = _headers(event) | {"content-type": "application/json"}
            event = {**event, "headers": headers, "body": read, "isBase64Encoded": False}
        return super().resolve(event, context)

    def _fail(self, error: Exception) -> Response[str]:
        self._logger.error("unexpected", exc_info=error)
        return _response(internal_error())

    def _read_body(self, event: Mapping[str, Any]) -> str | Answer:
        """Return the body's text, or the answer to a body that is not taken."""
        media_type = _headers(event).get("content-type", "application/json").partition(";")[0]
        if media_type.strip().lower() != "application/json":
            return wrong_content_type()
        body: str = event["body"]
        try:
            coded = bool(event.get("isBase64Encoded"))
            body_bytes = base64.b64decode(body, validate=True) if coded else body.encode()
            limit = self._limit(str(event.get("rawPath", "")))
            return too_large(limit) if len(body_bytes) > limit else body_bytes.decode()
        except (binascii.Error, UnicodeError):
            return not_json()

    def _limit(self, path: str) -> int:
        limits = (limit for part, limit in self._larger_bodies.items() if part in path)
        return next(limits, MAX_BODY_BYTES)


def stored(model: type[BaseModel], *errors: int) -> dict[int, Any]:
    """Return, for OpenAPI, what a route answers that stores something new or in place of an older
    one; `errors` are statuses that other routes do not answer."""
    return {201: _with(model, "New"), 200: _with(model, "Replaced")} | _errors(errors)


def accepted(model: type[BaseModel], *errors: int) -> dict[int, Any]:
    """Return, for OpenAPI, what a route answers that takes something on."""
    return {202: _with(model, "Accepted")} | _errors(errors)


def done(*errors: int) -> dict[int, Any]:
    """Return, for OpenAPI, what a route answers that has nothing to say."""
    return {204: {"description": "Done"}} | _errors(errors)


def _with(model: type[BaseModel], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"model": model}}}


def _errors(statuses: Iterable[int]) -> dict[int, Any]:
    return {status: _with(ErrorResponse, HTTPStatus(status).phrase) for status in statuses}


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in event.get("headers", {}).items()}


def _response(answer: Answer) -> Response[str]:
    status, body = answer
    return Response(status, "application/json", body)


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 5,000 brackets
        raise json.JSONDecodeError(str(error), text, 0) from None
