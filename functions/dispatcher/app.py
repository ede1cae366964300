"""Turns requests into deliveries or broadcasts, and pages of broadcasts into deliveries.

What can never become one is dead-lettered with its reason.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from pydantic import BaseModel

from push.apps.game_events import GameEvents
from push.apps.table import AppCache, Apps
from push.aws import clients
from push.aws.clients import Patience
from push.aws.dynamodb import Transactions
from push.aws.sqs import DeadLetterQueue
from push.channels.table import Channels
from push.channels.topics import Topics
from push.delivery.finished import FinishedNotifications
from push.delivery.queue import DeliveryQueue
from push.dispatch.broadcast import Broadcaster
from push.dispatch.broadcast_queue import BroadcastQueue, read_message
from push.dispatch.direct import Dispatcher
from push.dispatch.expiring import ExpiringChannels, ExpirySearch
from push.dispatch.pages import Page, Pages
from push.dispatch.player_channels import PlayerChannels
from push.errors import (
    NON_RETRYABLE,
    AwsUnavailableError,
    ForbiddenError,
    MalformedMessageError,
    PushError,
    RequestIdReusedError,
)
from push.notifications.direct_plans import DirectPlans
from push.notifications.record import Notifications
from push.requests.intake import RequestIntake, entry_of
from push.requests.queue import RequestQueue, read_request
from push.requests.repeat_guard import RepeatGuard
from push.requests.schedules import Schedules, ScheduleTarget
from push.templates.table import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    REFUSED_DLQ_URL: str
    REQUEST_DLQ_ARN: str
    BROADCAST_QUEUE_ARN: str
    BROADCAST_QUEUE_URL: str
    DELIVERY_QUEUE_URL: str
    BULK_DELIVERY_QUEUE_URL: str
    GAME_EVENT_BUS: str
    SCHEDULE_GROUP: str
    SCHEDULE_ROLE_ARN: str


settings = Settings.model_validate(os.environ)
logger = Logger()
metrics = Metrics()
# A call that hangs must not use up the invocation: with the three attempts of the retry mode, it
# takes at most about ten seconds.
impatient = Patience(connect_s=1, read_s=2, attempts=3)
dynamodb = clients.dynamodb(impatient)
sqs = clients.client("sqs", impatient)
notifications_table = dynamodb.table(settings.NOTIFICATIONS_TABLE)
apps = Apps(dynamodb.table(settings.APPS_TABLE))
notifications = Notifications(notifications_table)
transactions = Transactions(dynamodb, time.sleep, random.SystemRandom().random)
game_events = GameEvents(
    clients.client("events", impatient), settings.GAME_EVENT_BUS, AppCache(apps), time.time
)
finished = FinishedNotifications(game_events, notifications_table)
channels_table = dynamodb.table(settings.CHANNELS_TABLE)
player_channels = PlayerChannels(channels_table)
page_queue = BroadcastQueue(sqs, settings.BROADCAST_QUEUE_URL)
request_queue = RequestQueue(sqs, settings.REQUEST_QUEUE_URL)
broadcaster = Broadcaster(
    apps=apps,
    channels=Channels(channels_table),
    topics=Topics(dynamodb.table(settings.TOPICS_TABLE)),
    players=player_channels,
    notifications=notifications,
    pages=Pages(notifications_table, transactions),
    page_queue=page_queue,
    queue=DeliveryQueue(sqs, settings.BULK_DELIVERY_QUEUE_URL),
    finished=finished,
)
expiring_channels = ExpiringChannels(apps, channels_table, game_events, page_queue)
dispatcher = Dispatcher(
    intake=RequestIntake(
        apps,
        Templates(dynamodb.table(settings.TEMPLATES_TABLE)),
        notifications,
        RepeatGuard(notifications_table),
    ),
    notifications=notifications,
    plans=DirectPlans(notifications_table, transactions, notifications),
    channels=player_channels,
    queue=DeliveryQueue(sqs, settings.DELIVERY_QUEUE_URL),
    finished=finished,
    broadcaster=broadcaster,
    requests=request_queue,
    schedules=Schedules(
        clients.client("scheduler"),
        settings.SCHEDULE_GROUP,
        ScheduleTarget(
            settings.REQUEST_QUEUE_ARN, settings.REQUEST_DLQ_ARN, settings.SCHEDULE_ROLE_ARN
        ),
    ),
)
refused = DeadLetterQueue(sqs, settings.REFUSED_DLQ_URL)
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

SKIPPED = {"no_channel": "PlayersWithoutChannel", "in_game": "PlayersInGame"}
RESERVE_MS = 12_000
"""Time left below which no further message of a batch is started: the longest that one takes."""


def process(record: SQSRecord, lambda_context: LambdaContext) -> None:
    if lambda_context.get_remaining_time_in_millis() < RESERVE_MS:
        # Without this, the invocation would time out and all of the batch would be retried.
        logger.warning("message postponed; it will be retried", message_id=record.message_id)
        metrics.add_metric("MessagesPostponed", MetricUnit.Count, 1)
        raise TimeoutError("too little time is left; the message will be retried")
    with logger.append_context_keys(message_id=record.message_id):
        try:
            if record.event_source_arn != settings.BROADCAST_QUEUE_ARN:
                process_request(record)
                return
            match read_message(record.body):
                case Page() as page:
                    process_page(record, page)
                case ExpirySearch() as search:
                    search_expiring(search)
        except MalformedMessageError as error:
            with logged_failures():
                refuse(record, record.body, error)


def process_request(record: SQSRecord) -> None:
    """Dispatch a request. One whose message names no id keeps the id of its first reading: with
    that it is queued again after a failure, or when it is received a second time, because SQS gives
    it another message id when it is moved back from the dead-letter queue."""
    message = read_request(record.body, record.message_id)
    request = message.request
    is_new = int(record.attributes.approximate_receive_count) <= 1
    with logged_failures(app_id=request.app_id, notification_id=request.notification_id):
        if not (message.has_own_id or is_new):
            metrics.add_metric("MessagesQueuedAgain", MetricUnit.Count, 1)
            request_queue.put_text(message.text, request.app_id)
            return
        try:
            done = dispatcher.dispatch(request, time.time(), message.origin(record.attributes))
        except NON_RETRYABLE as error:
            # A request with another's id, or from a source that is not accepted, changes no record.
            if not isinstance(error, RequestIdReusedError | ForbiddenError):
                notifications.fail(entry_of(request))
            refuse(record, message.text, error)
            return
        except Exception as error:
            if message.has_own_id:
                raise
            note_failure(error)
            request_queue.put_text(message.text, request.app_id)
            return
        metrics.add_metric("RequestsDispatched", MetricUnit.Count, 1)
        for reason, number in done.skipped.items():
            metrics.add_metric(SKIPPED[reason], MetricUnit.Count, number)
        logger.info("request dispatched", state_before=done.before, skipped=done.skipped)


def process_page(record: SQSRecord, page: Page) -> None:
    with logged_failures(app_id=page.app_id, notification_id=page.notification_id):
        try:
            found = broadcaster.process_page(page, time.time())
        except NON_RETRYABLE as error:
            refuse(record, record.body, error)
            return
        metrics.add_metric("PagesDispatched", MetricUnit.Count, 1)
        logger.info("page dispatched", page=page.name, channels=found)


@contextmanager
def logged_failures(**keys: str | int) -> Iterator[None]:
    """Name `keys` in every log line; log and count what fails."""
    with logger.append_context_keys(**keys):
        try:
            yield
        except Exception as error:
            note_failure(error)
            raise


def search_expiring(search: ExpirySearch) -> None:
    with logged_failures(app_id=search.app_id or "", shard=search.shard):
        found = expiring_channels.search(search)
        metrics.add_metric("ChannelsExpiring", MetricUnit.Count, found)
        logger.info("channels searched", expiring=found)


def note_failure(error: Exception) -> None:
    metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
    if isinstance(error, AwsUnavailableError):
        metrics.add_metric("AwsFailures", MetricUnit.Count, 1)
        logger.warning("message failed; it will be retried", error_code=error.code)
    else:
        logger.error("message failed; it will be retried", exc_info=error)


def refuse(record: SQSRecord, body: str, error: PushError) -> None:
    refused.put(body, error.reason, record.event_source_arn)
    kind = type(error).__name__
    with single_metric(name="MessagesRefused", unit=MetricUnit.Count, value=1) as counted:
        counted.add_dimension(name="error", value=kind)
    logger.warning("message refused", error=kind, reason=error.reason)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    metrics.add_metric("AwsFailures", MetricUnit.Count, 0)
    return process_partial_response(event, process, processor, context)
