"""RequestQueue, and the messages that it carries."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from push.aws.sqs import map_sqs_errors
from push.errors import MalformedMessageError
from push.notifications.entry import Origin
from push.requests.models import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient


_EVENT_KEYS = {"id", "detail-type", "detail", "source"}


@dataclass(frozen=True, slots=True)
class RequestMessage:
    """A message of RequestQueue.

    Attributes:
        request: the request in it.
        source: the source of the event that it came as, None for a plain message.
        text: the message with the request's id in it: whatever is queued or dead-lettered again
            stays the same request, although SQS gives it another message id.
        has_own_id: whether the message named its id; if not, SQS's message id is used.
    """

    request: Request
    source: str | None
    text: str
    has_own_id: bool

    def origin(self, attributes: Mapping[str, Any]) -> Origin:
        """Return where a request comes from that has no record yet; one that has keeps its own.

        Args:
            attributes: of the message, SQS's own.
        """
        sent_ms = attributes.get("SentTimestamp")
        queued_at = None if sent_ms is None else int(sent_ms) / 1000
        if self.source is not None:
            return Origin("bus", self.source, queued_at)
        return Origin("queue", attributes.get("SenderId"), queued_at)


def read_request(body: str, message_id: str) -> RequestMessage:
    """Read a message of RequestQueue: a request, or an EventBridge event whose detail is one.

    An event's id and detail-type are the defaults of `request_id` and `template`; a plain message's
    default `request_id` is the id that SQS gave it.

    Raises:
        MalformedMessageError: the message is neither.
    """
    try:
        fields = json.loads(body, parse_constant=_no_number)
    except RecursionError:
        raise MalformedMessageError("the message is nested too deep") from None
    except ValueError:
        raise MalformedMessageError("the message is not valid JSON") from None
    source, text, has_own_id = None, body, True
    try:
        if isinstance(fields, dict) and fields.keys() >= _EVENT_KEYS:
            source = str(fields["source"])
            fields = _of_event(fields)
        elif isinstance(fields, dict) and fields.get("request_id") is None:
            has_own_id = False
            fields["request_id"] = message_id
            text = json.dumps(fields)
        return RequestMessage(Request.model_validate(fields), source, text, has_own_id)
    except RecursionError:
        raise MalformedMessageError("the message is nested too deep") from None
    except ValidationError as error:
        raise MalformedMessageError(_sentence(error)) from None


class RequestQueue:
    """RequestQueue."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, request: Request, delay_s: float = 0) -> None:
        """Queue a request with a delay (seconds, at most 900).

        Raises:
            QueueUnavailableError: the request may or may not be queued.
        """
        self.put_text(request.model_dump_json(exclude_unset=True), request.app_id, delay_s)

    def put_text(self, text: str, app_id: str, delay_s: float = 0) -> None:
        """Queue the text of an app's request, as `put` does."""
        with map_sqs_errors():
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=text,
                MessageGroupId=app_id,
                DelaySeconds=max(math.ceil(delay_s), 0),
            )


def _no_number(text: str) -> None:
    raise ValueError(text)


def _of_event(event: dict[str, Any]) -> Any:
    detail = event["detail"]
    if not isinstance(detail, dict):
        return detail
    if detail.get("request_id") is None:
        detail["request_id"] = event["id"]
    if "template" not in detail and "notification" not in detail:
        detail["template"] = event["detail-type"]
    return detail


def _sentence(error: ValidationError) -> str:
    field_errors = error.errors(include_url=False, include_input=False, include_context=False)
    return "the request is not valid: " + "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'body'}: {error['msg']}"
        for error in field_errors[:10]
    )
