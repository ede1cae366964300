"""RequestQueue, and the messages that it carries."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pydantic import (
    TypeAdapter,
    ValidationError,
)

from push.errors import MalformedMessageError
from push.requests.models import Request

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


_EVENT_KEYS = {"id", "detail-type", "detail", "source"}
_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


def read_request(body: str, message_id: str) -> Request:
    """Read a message of RequestQueue: a request, or an EventBridge event whose detail is one.

    An event's id and detail-type are the defaults of `request_id` and `template`; a plain message's
    default `request_id` is the id that SQS gave it.

    Raises:
        MalformedMessageError: the message is neither.
    """
    try:
        fields = json.loads(body, parse_constant=_no_number)
    except ValueError:
        raise MalformedMessageError("the message is not valid JSON") from None
    if isinstance(fields, dict) and fields.keys() >= _EVENT_KEYS:
        fields = _of_event(fields)
    elif isinstance(fields, dict):
        fields.setdefault("request_id", message_id)
    try:
        return _REQUEST.validate_python(fields)
    except ValidationError as error:
        raise MalformedMessageError(_sentence(error)) from None


class RequestQueue:
    """RequestQueue."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, request: Request, delay_s: float = 0) -> None:
        """Queue a request with a delay (seconds, at most 900)."""
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=request.model_dump_json(exclude_unset=True),
            DelaySeconds=max(math.ceil(delay_s), 0),
        )


def _no_number(text: str) -> None:
    raise ValueError(text)


def _of_event(event: dict[str, Any]) -> Any:
    detail = event["detail"]
    if not isinstance(detail, dict):
        return detail
    detail.setdefault("request_id", event["id"])
    if "template" not in detail and "notification" not in detail:
        detail["template"] = event["detail-type"]
    return detail


def _sentence(error: ValidationError) -> str:
    field_errors = error.errors(include_url=False, include_input=False, include_context=False)
    return "the request is not valid: " + "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'body'}: {error['msg']}"
        for error in field_errors[:10]
    )
