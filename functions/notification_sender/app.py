"""Sends each batch of deliveries to WNS. Malformed messages are dead-lettered with the reason."""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import os
import random
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from push.apps.access_tokens import AccessTokenCache
from push.apps.events import AppEvents
from push.apps.game_events import GameEvents
from push.apps.table import AppCache, Apps
from push.aws import clients
from push.aws.alarm_counts import count_for_alarm
from push.aws.background import Background
from push.aws.clients import Patience
from push.aws.dynamodb import Transactions
from push.aws.log_lines import log_line
from push.aws.secret_store import SecretStore
from push.aws.sqs import DeadLetterQueue
from push.channels.bad_channels import BadChannels
from push.delivery.app_gate import AppSources
from push.delivery.claims import DeliveryClaims
from push.delivery.events import DeliveryEvents
from push.delivery.finished import FinishedNotifications
from push.delivery.intake import DeliveryIntake
from push.delivery.models import Delivery, Lane
from push.delivery.queue import DeliveryQueue, read_delivery
from push.delivery.recheck import Recheck
from push.delivery.recorder import Recorder
from push.delivery.records import DeliveryRecords
from push.delivery.report import Report, Retry
from push.delivery.results import ResultHandler
from push.delivery.send_budget import SendBudgets
from push.delivery.sender import Sender
from push.delivery.starter import Starter
from push.errors import MalformedMessageError, QueueUnavailableError
from wns.client import WnsClient
from wns.result import Outcome

if TYPE_CHECKING:
    from collections import Counter

    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    CHANNELS_TABLE: str
    NOTIFICATIONS_TABLE: str
    RATES_TABLE: str
    DELIVERY_QUEUE_URL: str
    BULK_DELIVERY_QUEUE_URL: str
    REFUSED_DLQ_URL: str
    GAME_EVENT_BUS: str
    SECRET_PREFIX: str
    SSL_CERT_FILE: str | None = None
    """Certificate authorities to trust instead of certifi's."""


settings = Settings.model_validate(os.environ)
logger = Logger(json_serializer=log_line)
metrics = Metrics()
# Within its time a batch must be recorded and what is left queued (push.delivery.sender.CLOSING_S),
# whatever AWS does; a call that takes long is better made again by the next attempt.
impatient = Patience(connect_s=1, read_s=2, attempts=2)
dynamodb = clients.dynamodb(impatient)
sqs = clients.client("sqs", impatient)
# Short, because the sender has a cached access token to use while Secrets Manager is unavailable.
secretsmanager = clients.client("secretsmanager", Patience(connect_s=2, read_s=3, attempts=2))
jitter = random.SystemRandom().random
notifications_table = dynamodb.table(settings.NOTIFICATIONS_TABLE)
channels_table = dynamodb.table(settings.CHANNELS_TABLE)
records = DeliveryRecords(notifications_table, Transactions(dynamodb, time.sleep, jitter))
queues: dict[Lane, DeliveryQueue] = {
    "direct": DeliveryQueue(sqs, settings.DELIVERY_QUEUE_URL),
    "bulk": DeliveryQueue(sqs, settings.BULK_DELIVERY_QUEUE_URL),
}
apps = AppCache(Apps(dynamodb.table(settings.APPS_TABLE)))
eventbridge = clients.client("events", impatient)
game_events = GameEvents(eventbridge, settings.GAME_EVENT_BUS, apps, time.time)
delivery_events = DeliveryEvents(
    game_events, notifications_table, FinishedNotifications(game_events, notifications_table)
)
recheck = Recheck(notifications_table, channels_table)
background = Background(threads=4)
wns = WnsClient(ca_file=settings.SSL_CERT_FILE)
sender = Sender(
    wns=wns,
    intake=DeliveryIntake(
        claims=DeliveryClaims(notifications_table),
        queues=queues,
        recheck=recheck,
        sources=AppSources(
            apps=apps,
            tokens=AccessTokenCache(SecretStore(secretsmanager, settings.SECRET_PREFIX)),
            budgets=SendBudgets(dynamodb.table(settings.RATES_TABLE)),
            events=AppEvents(eventbridge, settings.GAME_EVENT_BUS),
            game_events=game_events,
        ),
        events=delivery_events,
        background=background,
        jitter=jitter,
    ),
    starter=Starter(wns, recheck, background, time.time),
    results=ResultHandler(BadChannels(channels_table, game_events), background),
    recorder=Recorder(records, queues, background, delivery_events, time.time),
    background=background,
    clock=time.time,
    sleep=time.sleep,
)
refused = DeadLetterQueue(sqs, settings.REFUSED_DLQ_URL)


OLDEST: dict[Lane, str] = {"direct": "OldestDirectDelivery", "bulk": "OldestBulkDelivery"}
INVALID = (Outcome.REJECTED, Outcome.REFUSED)
STOPPING = (Outcome.QUOTA_EXCEEDED, Outcome.SENDER_BLOCKED)
WITHOUT_TOKEN = (Retry.NO_TOKEN, Retry.TOKEN_REJECTED)
FORBIDDEN_WEIGHT = 19
STOP_WEIGHT = 1_000_000_000
"""More than a quarter of an hour delivers."""


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    messages, kept = read(event["Records"])
    metrics.add_metric("DeliveriesTaken", MetricUnit.Count, len(messages))
    report = sender.send(messages, lambda: context.get_remaining_time_in_millis() / 1000)
    # How often a delivery came back to its queue; its expiry is the limit.
    if hops := max((each.attempt + each.postponed for _, each in messages), default=0):
        metrics.add_metric("MostHops", MetricUnit.Count, hops)
    count(report)
    for fields in report.log_fields():
        if "deliveries" in fields:
            logger.info("deliveries handled", **fields)
            continue
        log = logger.warning if "error_code" in fields else logger.info
        log("delivery handled", **fields)
    if report.error is not None:
        logger.error("batch failed; its messages will be retried", exc_info=report.error)
    return {
        "batchItemFailures": [
            {"itemIdentifier": message_id} for message_id in (*kept, *report.unfinished)
        ]
    }


def count(report: Report) -> None:
    """Count what happened to the deliveries."""
    counts = report.counts + report.retried
    # A metric is paid for by the hour in which it has data, even if that is 0.
    if report.postponed:
        metrics.add_metric("DeliveriesPostponed", MetricUnit.Count, report.postponed)
    if report.resent:
        metrics.add_metric("Resent", MetricUnit.Count, report.resent)
    if report.error is not None:
        metrics.add_metric("BatchesFailed", MetricUnit.Count, 1)
    if unusable := sum(counts[each] for each in WITHOUT_TOKEN):
        metrics.add_metric("TokenUnusable", MetricUnit.Count, unusable)
    if refusals := app_refusals(counts):
        metrics.add_metric("AppRefusals", MetricUnit.Count, refusals)
    for outcome, number in counts.items():
        metrics.add_metric(metric_name(outcome), MetricUnit.Count, number)
    count_for_alarm("AwsFailures", report.aws_failures)
    count_for_alarm("DataRefused", sum(counts[each] for each in INVALID))
    for latency_ms in (each for one in report.deliveries for each in one.latencies_ms):
        metrics.add_metric("EventToWns", MetricUnit.Milliseconds, round(latency_ms))
    for lane, name in OLDEST.items():
        age_s = report.oldest_s(lane, time.time())
        if age_s is not None:
            metrics.add_metric(name, MetricUnit.Seconds, round(age_s, 1))


def app_refusals(counts: Counter[str]) -> int:
    """Return what a batch adds to the metric by which WNS's refusals of whole apps are found.

    19 for each notification that WNS forbids and -1 for each that it accepts: the sum over all
    senders is above 0 exactly if over 5 % are forbidden, so an alarm needs no second metric for the
    share. One response that stops an app is enough.
    """
    return (
        FORBIDDEN_WEIGHT * counts[Outcome.FORBIDDEN]
        - counts[Outcome.DELIVERED]
        + STOP_WEIGHT * sum(counts[each] for each in STOPPING)
    )


def read(records: list[dict[str, Any]]) -> tuple[list[tuple[str, Delivery]], list[str]]:
    """Dead-letter the messages that hold no delivery; return (message id, delivery) of the others,
    and the ids of messages that must stay on their queue."""
    messages: list[tuple[str, Delivery]] = []
    kept: list[str] = []
    for record in records:
        message_id = record["messageId"]
        try:
            messages.append((message_id, read_delivery(record["body"])))
        except MalformedMessageError as malformed:
            if not refuse(record, malformed):
                kept.append(message_id)
    return messages, kept


def refuse(record: dict[str, Any], malformed: MalformedMessageError) -> bool:
    """Move a message to the dead-letter queue; return False if SQS failed."""
    message_id = record["messageId"]
    try:
        refused.put(record["body"], str(malformed), record["eventSourceARN"])
    except QueueUnavailableError as error:
        count_for_alarm("AwsFailures")
        logger.warning(
            "message failed; it will be retried", message_id=message_id, error_code=error.code
        )
        return False
    kind = type(malformed).__name__
    with single_metric(name="MessagesRefused", unit=MetricUnit.Count, value=1) as counted:
        counted.add_dimension(name="error", value=kind)
    count_for_alarm("DataRefused")
    logger.warning("message refused", message_id=message_id, error=kind, reason=malformed.reason)
    return True


def metric_name(outcome: str) -> str:
    """Return `ChannelGone` for `channel_gone`."""
    return "".join(word.capitalize() for word in outcome.split("_"))


gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()
