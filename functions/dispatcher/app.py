"""Turns requests into deliveries or broadcasts, and pages of broadcasts into deliveries.

What can never become one is dead-lettered with its reason.
"""

from __future__ import annotations

import os
import random
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

from push.apps.table import Apps
from push.aws.dynamodb import Transactions
from push.aws.sqs import DeadLetterQueue
from push.channels.table import Channels
from push.channels.topics import Topics
from push.delivery.queue import DeliveryQueue
from push.dispatch.broadcast import Broadcaster
from push.dispatch.direct import Dispatcher
from push.dispatch.pages import BroadcastQueue, Pages, read_page
from push.errors import (
    ConflictError,
    InvalidRequestError,
    MalformedMessageError,
    NotFoundError,
    PushError,
)
from push.notifications.record import Notifications
from push.requests.intake import RequestIntake
from push.requests.queue import RequestQueue, read_request
from push.requests.repeat_guard import RepeatGuard
from push.requests.schedules import Schedules, ScheduleTarget
from push.templates.table import Templates

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    TEMPLATES_TABLE: str
    CHANNELS_TABLE: str
    TOPICS_TABLE: str
    NOTIFICATIONS_TABLE: str
    REQUEST_QUEUE_URL: str
    REQUEST_QUEUE_ARN: str
    REQUEST_DLQ_URL: str
    REQUEST_DLQ_ARN: str
    BROADCAST_QUEUE_ARN: str
    BROADCAST_QUEUE_URL: str
    BROADCAST_DLQ_URL: str
    DELIVERY_QUEUE_URL: str
    BULK_DELIVERY_QUEUE_URL: str
    SCHEDULE_GROUP: str
    SCHEDULE_ROLE_ARN: str


settings = Settings.model_validate(os.environ)
logger = Logger()
metrics = Metrics()
dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs")
notifications_table = dynamodb.Table(settings.NOTIFICATIONS_TABLE)
apps = Apps(dynamodb.Table(settings.APPS_TABLE))
channels = Channels(dynamodb.Table(settings.CHANNELS_TABLE))
notifications = Notifications(notifications_table)
broadcaster = Broadcaster(
    apps=apps,
    channels=channels,
    topics=Topics(dynamodb.Table(settings.TOPICS_TABLE)),
    notifications=notifications,
    pages=Pages(
        notifications_table,
        Transactions(dynamodb.meta.client, time.sleep, random.SystemRandom().random),
    ),
    page_queue=BroadcastQueue(sqs, settings.BROADCAST_QUEUE_URL),
    queue=DeliveryQueue(sqs, settings.BULK_DELIVERY_QUEUE_URL),
)
dispatcher = Dispatcher(
    intake=RequestIntake(
        apps,
        Templates(dynamodb.Table(settings.TEMPLATES_TABLE)),
        notifications,
        RepeatGuard(notifications_table),
    ),
    notifications=notifications,
    channels=channels,
    queue=DeliveryQueue(sqs, settings.DELIVERY_QUEUE_URL),
    broadcaster=broadcaster,
    requests=RequestQueue(sqs, settings.REQUEST_QUEUE_URL),
    schedules=Schedules(
        boto3.client("scheduler"),
        settings.SCHEDULE_GROUP,
        ScheduleTarget(
            settings.REQUEST_QUEUE_ARN, settings.REQUEST_DLQ_ARN, settings.SCHEDULE_ROLE_ARN
        ),
    ),
)
request_dlq = DeadLetterQueue(sqs, settings.REQUEST_DLQ_URL)
broadcast_dlq = DeadLetterQueue(sqs, settings.BROADCAST_DLQ_URL)
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

NON_RETRYABLE = (MalformedMessageError, NotFoundError, InvalidRequestError, ConflictError)


def process(record: SQSRecord) -> None:
    is_page = record.event_source_arn == settings.BROADCAST_QUEUE_ARN
    try:
        if is_page:
            process_page(record)
        else:
            dispatch(record)
    except NON_RETRYABLE as error:
        dead_letter(record, error, broadcast_dlq if is_page else request_dlq)
    except Exception:
        logger.exception("message failed; it will be retried", message_id=record.message_id)
        metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
        raise


def dispatch(record: SQSRecord) -> None:
    request = read_request(record.body, record.message_id)
    try:
        before = dispatcher.dispatch(request, time.time())
    except NON_RETRYABLE:
        notifications.advance(request.notification_id, "failed")
        raise
    metrics.add_metric("RequestsDispatched", MetricUnit.Count, 1)
    logger.info(
        "request dispatched",
        app_id=request.app_id,
        notification_id=request.notification_id,
        state_before=before,
    )


def process_page(record: SQSRecord) -> None:
    page = read_page(record.body)
    found = broadcaster.process_page(page, time.time())
    metrics.add_metric("PagesDispatched", MetricUnit.Count, 1)
    logger.info(
        "page dispatched", notification_id=page.notification_id, page=page.name, channels=found
    )


def dead_letter(record: SQSRecord, error: PushError, queue: DeadLetterQueue) -> None:
    queue.put(record.body, str(error))
    metrics.add_metric("RequestsDeadLettered", MetricUnit.Count, 1)
    logger.warning("message dead-lettered", reason=str(error), message_id=record.message_id)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, process, processor, context)
