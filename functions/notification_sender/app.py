"""Sends each batch of deliveries to WNS; a message that is no delivery is dead-lettered
with its reason."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from pydantic import BaseModel

from push.apps.access_tokens import AccessTokenCache
from push.apps.events import Rejections
from push.apps.table import AppCache, Apps
from push.aws.dynamodb import Transactions
from push.aws.secret_store import SecretStore
from push.aws.sqs import DeadLetterQueue
from push.channels.table import Channels
from push.delivery.claims import DeliveryClaims
from push.delivery.models import Delivery
from push.delivery.queue import DeliveryQueue, read_delivery
from push.delivery.send_budget import SendBudgets
from push.delivery.sender import Sending, send
from push.errors import MalformedMessageError
from push.notifications.record import Notifications
from wns.client import WnsClient

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    CHANNELS_TABLE: str
    NOTIFICATIONS_TABLE: str
    RATES_TABLE: str
    DELIVERY_QUEUE_URL: str
    BULK_DELIVERY_QUEUE_URL: str
    DELIVERY_DLQ_URL: str
    GAME_EVENT_BUS: str
    SECRET_PREFIX: str
    SSL_CERT_FILE: str | None = None
    """Certificate authorities to trust in place of the usual ones."""


CLOSING_S = 10
"""Before the function's deadline: for sends under way to end, outcomes to be recorded, the rest to
be put back."""

settings = Settings.model_validate(os.environ)
logger = Logger()
metrics = Metrics()
dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs")
# Rather the access token from the cache than a sender that waits for Secrets Manager to come back.
secretsmanager = boto3.client(
    "secretsmanager",
    config=Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2}),
)
jitter = random.SystemRandom().random
notifications_table = dynamodb.Table(settings.NOTIFICATIONS_TABLE)
sending = Sending(
    wns=WnsClient(ca_file=settings.SSL_CERT_FILE),
    apps=AppCache(Apps(dynamodb.Table(settings.APPS_TABLE))),
    tokens=AccessTokenCache(SecretStore(secretsmanager, settings.SECRET_PREFIX)),
    channels=Channels(dynamodb.Table(settings.CHANNELS_TABLE)),
    budgets=SendBudgets(dynamodb.Table(settings.RATES_TABLE)),
    notifications=Notifications(notifications_table),
    chunks=DeliveryClaims(
        notifications_table, Transactions(dynamodb.meta.client, time.sleep, jitter)
    ),
    queues={
        "direct": DeliveryQueue(sqs, settings.DELIVERY_QUEUE_URL),
        "bulk": DeliveryQueue(sqs, settings.BULK_DELIVERY_QUEUE_URL),
    },
    rejections=Rejections(boto3.client("events"), settings.GAME_EVENT_BUS),
    clock=time.time,
    jitter=jitter,
)
dead_letters = DeadLetterQueue(sqs, settings.DELIVERY_DLQ_URL)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    batch: list[tuple[str, Delivery]] = []
    for record in event["Records"]:
        try:
            batch.append((record["messageId"], read_delivery(record["body"])))
        except MalformedMessageError as error:
            dead_letters.dead_letter(record["body"], str(error))
            metrics.add_metric("DeliveriesDeadLettered", MetricUnit.Count, 1)
            logger.warning(
                "delivery dead-lettered", reason=str(error), message_id=record["messageId"]
            )
    metrics.add_metric("DeliveriesTaken", MetricUnit.Count, len(batch))
    left_s = context.get_remaining_time_in_millis() / 1000
    report = send(batch, sending, lease_s=left_s, deadline=time.monotonic() + left_s - CLOSING_S)
    for outcome, count in report.counts.items():
        metrics.add_metric(metric_name(outcome), MetricUnit.Count, count)
    logger.info("deliveries sent", deliveries=len(batch), outcomes=dict(report.counts))
    return {
        "batchItemFailures": [{"itemIdentifier": message_id} for message_id in report.unfinished]
    }


def metric_name(outcome: str) -> str:
    """Return `ChannelGone` for `channel_gone`."""
    return "".join(word.capitalize() for word in outcome.split("_"))
