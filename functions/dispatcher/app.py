"""Turns requests into deliveries or broadcasts, and pages of broadcasts into deliveries.

What can never become one is dead-lettered with its reason.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from pydantic import BaseModel

from push.apps.game_events import GameEvents
from push.apps.table import AppCache, Apps
from push.aws.dynamodb import Transactions
from push.aws.sqs import DeadLetterQueue
from push.channels.table import Channels
from push.channels.topics import Topics
from push.delivery.finished import FinishedNotifications
from push.delivery.queue import DeliveryQueue
from push.dispatch.broadcast import Broadcaster
from push.dispatch.broadcast_queue import BroadcastQueue, read_message
from push.dispatch.direct import Arrival, Dispatched, Dispatcher
from push.dispatch.expiring import ExpiringChannels, ExpirySearch
from push.dispatch.pages import Page, Pages
from push.dispatch.player_channels import CONCURRENT_QUERIES, PlayerChannels
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
from push.requests.queue import RequestMessage, RequestQueue, read_request
from push.requests.repeat_guard import RepeatGuard
from push.requests.schedules import Schedules, ScheduleTarget
from push.templates.table import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
# Up to a thousand calls per request: a third of the CPU time went into validating parameters that
# the tests cover, and into a user agent that is always the same.
config = Config(
    connect_timeout=1,
    read_timeout=2,
    max_pool_connections=CONCURRENT_QUERIES,
    parameter_validation=False,
    user_agent="windows-push-backend",
)
dynamodb = boto3.resource("dynamodb", config=config)
sqs = boto3.client("sqs", config=config)
notifications_table = dynamodb.Table(settings.NOTIFICATIONS_TABLE)
apps = Apps(dynamodb.Table(settings.APPS_TABLE))
notifications = Notifications(notifications_table)
transactions = Transactions(dynamodb.meta.client, time.sleep, random.SystemRandom().random)
pool = ThreadPoolExecutor(CONCURRENT_QUERIES, "dispatcher")
player_channels = PlayerChannels(
    boto3.client("dynamodb", config=config), settings.CHANNELS_TABLE, pool
)
game_events = GameEvents(
    boto3.client("events", config=config), settings.GAME_EVENT_BUS, AppCache(apps), time.time
)
finished = FinishedNotifications(game_events, notifications_table)
channels_table = dynamodb.Table(settings.CHANNELS_TABLE)
page_queue = BroadcastQueue(sqs, settings.BROADCAST_QUEUE_URL)
request_queue = RequestQueue(sqs, settings.REQUEST_QUEUE_URL)
broadcaster = Broadcaster(
    apps=apps,
    channels=Channels(channels_table),
    topics=Topics(dynamodb.Table(settings.TOPICS_TABLE)),
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
    intake=RequestIntake(
        apps,
        Templates(dynamodb.Table(settings.TEMPLATES_TABLE)),
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
        boto3.client("scheduler"),
        settings.SCHEDULE_GROUP,
        ScheduleTarget(
            settings.REQUEST_QUEUE_ARN, settings.REQUEST_DLQ_ARN, settings.SCHEDULE_ROLE_ARN
        ),
    ),
    pool=pool,
)
refused = DeadLetterQueue(sqs, settings.REFUSED_DLQ_URL)

Record = dict[str, Any]
"""A message as Lambda delivers it."""

SKIPPED = {"no_channel": "PlayersWithoutChannel", "in_game": "PlayersInGame"}
RESERVE_MS = 12_000
"""Time left below which nothing more of a batch is started: the longest that `PLAYERS_AT_ONCE`, or
one page, takes."""
PLAYERS_AT_ONCE = 1000
"""Requests are dispatched side by side up to so many players: the most that one request has."""


class Batch:
    """The messages of an invocation: how each ends, and which are to be retried."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context
        self.failed: list[str] = []

    @contextmanager
    def attempt(self, record: Record) -> Iterator[None]:
        """Name a message in every log line; keep it on its queue if it fails."""
        message_id = record["messageId"]
        with logger.append_context_keys(message_id=message_id):
            try:
                yield
            except Exception:  # noqa: BLE001 - logged where it is understood
                self.failed.append(message_id)

    def check_time(self) -> None:
        """Raise TimeoutError if too little time is left to start anything: without this, the
        invocation would time out and all of the batch would be retried."""
        if self._context.get_remaining_time_in_millis() < RESERVE_MS:
            logger.warning("message postponed; it will be retried")
            metrics.add_metric("MessagesPostponed", MetricUnit.Count, 1)
            raise TimeoutError("too little time is left; the message will be retried")

    def process_pages(self, records: Sequence[Record]) -> None:
        """Process messages of BroadcastQueue, one after the other."""
        for record in records:
            with self.attempt(record):
                self.check_time()
                process_broadcast_message(record)

    def process_requests(self, records: Sequence[Record]) -> None:
        """Dispatch messages of RequestQueue, side by side as far as `PLAYERS_AT_ONCE` goes."""
        together: list[tuple[Record, RequestMessage]] = []
        players = 0
        for record in records:
            message = None
            with self.attempt(record):
                message = read_or_refuse(record)
            if message is None:
                continue
            more = len(message.request.audience.players or ())
            if together and players + more > PLAYERS_AT_ONCE:
                self._dispatch(together)
                together, players = [], 0
            together.append((record, message))
            players += more
        self._dispatch(together)

    def _dispatch(self, together: Sequence[tuple[Record, RequestMessage]]) -> None:
        in_time: list[tuple[Record, RequestMessage]] = []
        for record, message in together:
            with self.attempt(record):
                self.check_time()
                in_time.append((record, message))
        arrivals = [
            Arrival(message.request, message.origin(record["attributes"]))
            for record, message in in_time
        ]
        results = dispatcher.dispatch(arrivals, time.time()) if arrivals else []
        for (record, message), result in zip(in_time, results, strict=True):
            with self.attempt(record):
                conclude(record, message, result)


def read_or_refuse(record: Record) -> RequestMessage | None:
    """Return the request in a message; None if the message is done with.

    One whose message names no id keeps the id of its first reading: with that it is queued again
    after a failure, or when it is received a second time, because SQS gives it another message id
    when it is moved back from the dead-letter queue.
    """
    try:
        message = read_request(record["body"], record["messageId"])
    except MalformedMessageError as error:
        with logged_failures():
            refuse(record, record["body"], error)
        return None
    is_new = int(record["attributes"]["ApproximateReceiveCount"]) <= 1
    if message.has_own_id or is_new:
        return message
    request = message.request
    with logged_failures(app_id=request.app_id, notification_id=request.notification_id):
        metrics.add_metric("MessagesQueuedAgain", MetricUnit.Count, 1)
        request_queue.put_text(message.text, request.app_id)
    return None


def conclude(record: Record, message: RequestMessage, result: Dispatched | Exception) -> None:
    """Report how a request ended; refuse it, or raise its error, if it could not be dispatched."""
    request = message.request
    with logged_failures(app_id=request.app_id, notification_id=request.notification_id):
        if isinstance(result, Dispatched):
            metrics.add_metric("RequestsDispatched", MetricUnit.Count, 1)
            for reason, number in result.skipped.items():
                metrics.add_metric(SKIPPED[reason], MetricUnit.Count, number)
            logger.info("request dispatched", state_before=result.before, skipped=result.skipped)
        elif isinstance(result, PushError) and isinstance(result, NON_RETRYABLE):
            # A request with another's id, or from a source that is not accepted, changes no record.
            if not isinstance(result, RequestIdReusedError | ForbiddenError):
                notifications.fail(entry_of(request))
            refuse(record, message.text, result)
        elif message.has_own_id:
            raise result
        else:
            note_failure(result)
            request_queue.put_text(message.text, request.app_id)


def process_broadcast_message(record: Record) -> None:
    try:
        message = read_message(record["body"])
    except MalformedMessageError as error:
        with logged_failures():
            refuse(record, record["body"], error)
        return
    match message:
        case Page() as page:
            process_page(record, page)
        case ExpirySearch() as search:
            search_expiring(search)


def process_page(record: Record, page: Page) -> None:
    with logged_failures(app_id=page.app_id, notification_id=page.notification_id):
        try:
            found = broadcaster.process_page(page, time.time())
        except NON_RETRYABLE as error:
            refuse(record, record["body"], error)
            return
        metrics.add_metric("PagesDispatched", MetricUnit.Count, 1)
        logger.info("page dispatched", page=page.name, channels=found)


def search_expiring(search: ExpirySearch) -> None:
    with logged_failures(app_id=search.app_id or "", shard=search.shard):
        found = expiring_channels.search(search)
        metrics.add_metric("ChannelsExpiring", MetricUnit.Count, found)
        logger.info("channels searched", expiring=found)


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
    metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
    if isinstance(error, AwsUnavailableError):
        metrics.add_metric("AwsFailures", MetricUnit.Count, 1)
        logger.warning("message failed; it will be retried", error_code=error.code)
    else:
        logger.error("message failed; it will be retried", exc_info=error)


def refuse(record: Record, body: str, error: PushError) -> None:
    refused.put(body, error.reason, record["eventSourceARN"])
    kind = type(error).__name__
    with single_metric(name="MessagesRefused", unit=MetricUnit.Count, value=1) as counted:
        counted.add_dimension(name="error", value=kind)
    logger.warning("message refused", error=kind, reason=error.reason)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    metrics.add_metric("AwsFailures", MetricUnit.Count, 0)
    batch = Batch(context)
    records = event["Records"]
    from_broadcast_queue = settings.BROADCAST_QUEUE_ARN
    batch.process_pages([e for e in records if e["eventSourceARN"] == from_broadcast_queue])
    batch.process_requests([e for e in records if e["eventSourceARN"] != from_broadcast_queue])
    return {"batchItemFailures": [{"itemIdentifier": each} for each in batch.failed]}
