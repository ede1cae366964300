"""Turns requests into deliveries or broadcasts, and pages of broadcasts into deliveries.

What can never become one is dead-lettered with its reason.
"""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from push.apps.game_events import GameEvents
from push.apps.table import AppCache, Apps
from push.aws import clients
from push.aws.alarm_counts import count_for_alarm
from push.aws.clients import Patience
from push.aws.dynamodb import Transactions
from push.aws.log_lines import log_line
from push.aws.sqs import DeadLetterQueue
from push.channels.table import Channels
from push.channels.topics import Topics
from push.delivery.finished import FinishedNotifications
from push.delivery.queue import DeliveryQueue
from push.dispatch.broadcast import Broadcaster
from push.dispatch.broadcast_queue import BroadcastQueue, read_message
from push.dispatch.direct import Dispatcher
from push.dispatch.expiring import ExpiringChannels
from push.dispatch.pages import Page, Pages
from push.dispatch.player_channels import CONCURRENT_QUERIES, PlayerChannels
from push.dispatch.report import count_skipped, log_fields, names
from push.dispatch.request_messages import NoTimeLeftError, RequestMessages
from push.errors import NON_RETRYABLE, AwsUnavailableError, MalformedMessageError, PushError
from push.notifications.direct_plans import DirectPlans
from push.notifications.record import Notifications
from push.requests.intake import RequestIntake
from push.requests.models import build_models
from push.requests.queue import RequestQueue
from push.requests.repeat_guard import RepeatGuard
from push.requests.schedules import Schedules, ScheduleTarget
from push.templates.table import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from push.dispatch.request_messages import Ended


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
logger = Logger(json_serializer=log_line)
metrics = Metrics()
# A call that hangs must not use up the invocation: its three attempts take about ten seconds.
impatient = Patience(connect_s=1, read_s=2, attempts=3)
dynamodb = clients.dynamodb(impatient)
sqs = clients.client("sqs", impatient, connections=CONCURRENT_QUERIES)
notifications_table = dynamodb.table(settings.NOTIFICATIONS_TABLE)
apps = Apps(dynamodb.table(settings.APPS_TABLE))
templates = Templates(dynamodb.table(settings.TEMPLATES_TABLE))
notifications = Notifications(notifications_table)
transactions = Transactions(dynamodb, time.sleep, random.SystemRandom().random)
pool = ThreadPoolExecutor(CONCURRENT_QUERIES, "dispatcher")
events = clients.client("events", impatient)
game_events = GameEvents(events, settings.GAME_EVENT_BUS, AppCache(apps), time.time)
finished = FinishedNotifications(game_events, notifications_table)
channels_table = dynamodb.table(settings.CHANNELS_TABLE)
player_channels = PlayerChannels(channels_table, pool)
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
    pool=pool,
)
expiring_channels = ExpiringChannels(apps, channels_table, game_events, page_queue)
dispatcher = Dispatcher(
    intake=RequestIntake(apps, templates, notifications, RepeatGuard(notifications_table)),
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
    pool=pool,
)
refused = DeadLetterQueue(sqs, settings.REFUSED_DLQ_URL)
messages = RequestMessages(dispatcher, notifications, request_queue, refused)
build_models()
gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()

SKIPPED = {"no_channel": "PlayersWithoutChannel", "in_game": "PlayersInGame"}
RESERVE_MS = 12_000
"""Time left below which no more is started: the most that a page or requests together take."""


def report(together: Sequence[Ended]) -> None:
    """Log and count how messages of RequestQueue ended."""
    for fields in log_fields(together):
        if "notification_ids" in fields:
            logger.info("requests dispatched", **fields)
        else:
            logger.info("request dispatched", **fields)
    others = [each for each in together if each.way != "dispatched"]
    if dispatched := len(together) - len(others):
        metrics.add_metric("RequestsDispatched", MetricUnit.Count, dispatched)
    for reason, number in count_skipped(together).items():
        metrics.add_metric(SKIPPED[reason], MetricUnit.Count, number)
    for each in others:
        with logger.append_context_keys(**names(each)):
            if each.way == "refused" and isinstance(each.result, PushError):
                note_refusal(each.result)
            elif isinstance(each.result, Exception):
                note_failure(each.result)
            else:
                metrics.add_metric("MessagesQueuedAgain", MetricUnit.Count, 1)


def process_broadcast_message(record: dict[str, Any]) -> None:
    try:
        message = read_message(record["body"])
    except MalformedMessageError as error:
        with logged_failures():
            refuse(record, error)
        return
    if isinstance(message, Page):
        process_page(record, message)
        return
    with logged_failures(app_id=message.app_id or "", shard=message.shard):
        found = expiring_channels.search(message)
        metrics.add_metric("ChannelsExpiring", MetricUnit.Count, found)
        logger.info("channels searched", expiring=found)


def process_page(record: dict[str, Any], page: Page) -> None:
    with logged_failures(app_id=page.app_id, notification_id=page.notification_id):
        try:
            found = broadcaster.process_page(page, time.time())
        except NON_RETRYABLE as error:
            refuse(record, error)
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


def note_failure(error: Exception) -> None:
    if isinstance(error, NoTimeLeftError):
        metrics.add_metric("MessagesPostponed", MetricUnit.Count, 1)
        logger.warning("message postponed; it will be retried")
        return
    metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
    if isinstance(error, AwsUnavailableError):
        count_for_alarm("AwsFailures")
        logger.warning("message failed; it will be retried", error_code=error.code)
    else:
        logger.error("message failed; it will be retried", exc_info=error)


def refuse(record: dict[str, Any], error: PushError) -> None:
    refused.put(record["body"], error.reason, record["eventSourceARN"])
    note_refusal(error)


def note_refusal(error: PushError) -> None:
    kind = type(error).__name__
    with single_metric(name="MessagesRefused", unit=MetricUnit.Count, value=1) as counted:
        counted.add_dimension(name="error", value=kind)
    count_for_alarm("DataRefused")
    logger.warning("message refused", error=kind, reason=error.reason)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        return process(event, context)
    finally:
        if metrics.metric_set:  # Powertools warns of a set without metrics
            metrics.flush_metrics()


def process(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    def has_time() -> bool:
        # Without this, the invocation would time out and all of the batch would be retried.
        return context.get_remaining_time_in_millis() >= RESERVE_MS

    requests: list[dict[str, Any]] = []
    failed: list[str] = []
    for record in event["Records"]:
        if record["eventSourceARN"] != settings.BROADCAST_QUEUE_ARN:
            requests.append(record)
            continue
        with logger.append_context_keys(message_id=record["messageId"]):
            if not has_time():
                note_failure(NoTimeLeftError())
                failed.append(record["messageId"])
                continue
            try:
                process_broadcast_message(record)
            except Exception:  # noqa: BLE001 - logged already
                failed.append(record["messageId"])
    for together in messages.process(requests, time.time, has_time):
        report(together)
        failed += [each.message_id for each in together if each.way == "retried"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
