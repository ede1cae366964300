"""Turns each request on RequestQueue into deliveries; what can never become one is set aside with
its reason."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from pydantic import BaseModel

from push.apps import Apps
from push.channels import Channels
from push.dead_letters import DeadLetterQueue
from push.deliveries import DeliveryQueue
from push.dispatching import Accepting, Dispatching
from push.errors import InvalidRequestError, NotFoundError, UnreadableMessageError
from push.notifications import Notifications
from push.requests import read_request
from push.templates import Templates

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel):
    APPS_TABLE: str
    TEMPLATES_TABLE: str
    CHANNELS_TABLE: str
    NOTIFICATIONS_TABLE: str
    DELIVERY_QUEUE_URL: str
    REQUEST_DLQ_URL: str


settings = Settings.model_validate(os.environ)
logger = Logger()
metrics = Metrics()
dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs")
dispatching = Dispatching(
    Accepting(
        Apps(dynamodb.Table(settings.APPS_TABLE)),
        Templates(dynamodb.Table(settings.TEMPLATES_TABLE)),
        Notifications(dynamodb.Table(settings.NOTIFICATIONS_TABLE)),
    ),
    Channels(dynamodb.Table(settings.CHANNELS_TABLE)),
    DeliveryQueue(sqs, settings.DELIVERY_QUEUE_URL),
)
dead_letters = DeadLetterQueue(sqs, settings.REQUEST_DLQ_URL)
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def dispatch(record: SQSRecord) -> None:
    try:
        request = read_request(record.body, record.message_id)
        summary = dispatching.dispatch(request, time.time())
    except (UnreadableMessageError, NotFoundError, InvalidRequestError) as error:
        dead_letters.set_aside(record.body, str(error))
        metrics.add_metric("RequestsSetAside", MetricUnit.Count, 1)
        logger.warning("request set aside", reason=str(error), message_id=record.message_id)
        return
    except Exception:
        logger.exception("request failed, and comes again", message_id=record.message_id)
        metrics.add_metric("RequestsFailed", MetricUnit.Count, 1)
        raise
    metrics.add_metric("RequestsDispatched", MetricUnit.Count, 1)
    logger.info(
        "request dispatched",
        app_id=request.app_id,
        notification_id=summary.notification_id,
        was=summary.state,
    )


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, dispatch, processor, context)
