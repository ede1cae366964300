"""The HTTP API's common part: validation, body limits, error responses, OpenAPI.

The only module of push that knows API Gateway's events.
"""

from __future__ import annotations

import base64
import binascii
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.metrics import MetricUnit

from push.api.error_responses import (
    INTERNAL_ERROR,
    NO_SUCH_ROUTE,
    NOT_JSON,
    TOO_DEEP,
    WRONG_CONTENT_TYPE,
    ErrorResponse,
    Reply,
    reply_to_error,
    reply_to_invalid,
    too_large,
)
from push.errors import AwsUnavailableError, PushError
from push.identifiers import AppId
from wns.errors import WnsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pydantic import BaseModel


AppIdInPath = Annotated[AppId, Path(description="The app's id")]

MAX_BODY_BYTES = 16_384
MAX_BODY_DEPTH = 64
"""Levels of objects and arrays in a body. The deepest notification has about a dozen."""
_LOGGED = ("app_id", "template_id", "notification_id")
"""What logs name of a path: no player and no device."""


class HttpApi(APIGatewayHttpResolver):
    """An HTTP API whose errors all have one shape.

    `larger_bodies`: the limit in bytes of bodies that may have more than 16 KB, by a part of the
    path.
    """

    def __init__(self, logger: Logger, larger_bodies: Mapping[str, int] | None = None) -> None:
        super().__init__(enable_validation=True, json_body_deserializer=_read_json)
        self._larger_bodies = larger_bodies or {}
        self._logger = logger
        self.exception_handler([PushError, WnsError])(self._reply)
        self.exception_handler(RequestValidationError)(
            lambda error: _response(reply_to_invalid(error.errors()))
        )
        self.exception_handler(Exception)(self._fail)
        self.not_found(lambda _: _response(NO_SUCH_ROUTE))

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Handle an event of API Gateway."""
        if event.get("body"):
            read = self._read_body(event)
            if isinstance(read, Reply):
                headers = read.headers | {"content-type": "application/json"}
                return {"statusCode": read.status, "headers": headers, "body": read.body}
            headers = _headers(event) | {"content-type": "application/json"}
            event = {**event, "headers": headers, "body": read, "isBase64Encoded": False}
        return super().resolve(event, context)

    @property
    def caller_arn(self) -> str | None:
        """The ARN that signed the present request, None if a token authorized it."""
        return self.current_event.request_context.authorizer.iam.user_arn or None

    def _reply(self, error: PushError | WnsError) -> Response[str]:
        reply = reply_to_error(error)
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            code = error.code if isinstance(error, AwsUnavailableError) else type(error).__name__
            path: dict[str, Any] = self.current_event.path_parameters
            named = {name: path[name] for name in _LOGGED if name in path}
            self._logger.warning(
                "request not served", status=reply.status, error_code=code, **named
            )
            if isinstance(error, AwsUnavailableError):
                with single_metric(name="AwsFailures", unit=MetricUnit.Count, value=1):
                    pass
        return _response(reply)

    def _fail(self, error: Exception) -> Response[str]:
        self._logger.error("request failed", exc_info=error)
        return _response(INTERNAL_ERROR)

    def _read_body(self, event: Mapping[str, Any]) -> str | Reply:
        """Return the body's text, or the reply to a body that is not accepted."""
        media_type = _headers(event).get("content-type", "application/json").partition(";")[0]
        if media_type.strip().lower() != "application/json":
            return WRONG_CONTENT_TYPE
        body: str = event["body"]
        try:
            is_base64 = bool(event.get("isBase64Encoded"))
            body_bytes = base64.b64decode(body, validate=True) if is_base64 else body.encode()
            limit = self._limit(str(event.get("rawPath", "")))
            return too_large(limit) if len(body_bytes) > limit else body_bytes.decode()
        except (binascii.Error, UnicodeError):
            return NOT_JSON

    def _limit(self, path: str) -> int:
        limits = (limit for part, limit in self._larger_bodies.items() if part in path)
        return next(limits, MAX_BODY_BYTES)


def stored(model: type[BaseModel], *errors: int) -> dict[int, Any]:
    """Return the OpenAPI responses of a route that creates or replaces something; `errors` are the
    statuses that other routes do not have."""
    return {201: _with(model, "New"), 200: _with(model, "Replaced")} | _errors(errors)


def accepted(model: type[BaseModel], *errors: int) -> dict[int, Any]:
    """Return the OpenAPI responses of a route that accepts work."""
    return {202: _with(model, "Accepted")} | _errors(errors)


def done(*errors: int) -> dict[int, Any]:
    """Return the OpenAPI responses of a route without a response body."""
    return {204: {"description": "Done"}} | _errors(errors)


def _with(model: type[BaseModel], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"model": model}}}


def _errors(statuses: Iterable[int]) -> dict[int, Any]:
    return {status: _with(ErrorResponse, HTTPStatus(status).phrase) for status in statuses}


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in event.get("headers", {}).items()}


def _response(reply: Reply) -> Response[str]:
    return Response(reply.status, "application/json", reply.body, dict(reply.headers))


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")


def _read_json(text: str) -> Any:
    try:
        document = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError(TOO_DEEP, text, 0) from None
    except ValueError as error:  # a number of 5,000 digits
        raise json.JSONDecodeError(str(error), text, 0) from None
    if _is_deeper(document, MAX_BODY_DEPTH):
        raise json.JSONDecodeError(TOO_DEEP, text, 0)
    return document


def _is_deeper(document: Any, limit: int) -> bool:
    level = [document]
    for _ in range(limit):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)
