"""Refresher of access tokens: on a schedule, and at once when WNS rejects one or an app's
credentials change.

It is the function that runs although nothing is sent, so it also counts what lies in dead-letter
queues: SQS has a metric for each queue only, and an alarm costs by the metric.
"""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import operator
import os
import time
from typing import TYPE_CHECKING, Any

import requests
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from push.apps.events import (
    ACCESS_TOKEN_REJECTED,
    APP_CREDENTIALS_CHANGED,
    AccessTokenRejected,
    AppCredentialsChanged,
)
from push.apps.table import Apps
from push.apps.token_refresh import Refresh, RefreshStatus, TokenRefresher
from push.aws import clients
from push.aws.alarm_counts import count_for_alarm
from push.aws.clients import Patience
from push.aws.log_lines import log_line
from push.aws.secret_store import SecretStore
from push.aws.sqs import message_count
from push.errors import AwsUnavailableError, QueueUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    SECRET_PREFIX: str
    DEAD_LETTER_QUEUE_URLS: str
    """With spaces between them."""


settings = Settings.model_validate(os.environ)
logger = Logger(json_serializer=log_line)
metrics = Metrics()
sqs = clients.client("sqs", Patience(connect_s=1, read_s=2, attempts=2))
refresher = TokenRefresher(
    Apps(clients.dynamodb().table(settings.APPS_TABLE)),
    SecretStore(clients.client("secretsmanager"), settings.SECRET_PREFIX),
    requests.Session,
    time.time,
)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return the status of each app's token; for people who invoke the function by hand."""
    try:
        if "detail-type" not in event:
            count_dead_letters()
    finally:  # a failure of one keeps nobody from the other
        refreshes = refresh_tokens(event)
    return {each.app_id: each.status for each in refreshes}


def count_dead_letters() -> None:
    """Count the messages in dead-letter queues.

    Raises:
        QueueUnavailableError: SQS failed; it is logged and counted.
    """
    try:
        messages = sum(message_count(sqs, url) for url in settings.DEAD_LETTER_QUEUE_URLS.split())
    except QueueUnavailableError as error:
        count_for_alarm("AwsFailures")
        logger.warning("dead letters not counted", error_code=error.code)
        raise
    if messages:  # as below
        metrics.add_metric("DeadLetters", MetricUnit.Count, messages)
        metrics.flush_metrics()


def refresh_tokens(event: dict[str, Any]) -> Sequence[Refresh]:
    """Refresh what an event asks for, log and count it.

    Raises:
        AwsUnavailableError: AppsTable failed; it is logged and counted.
    """
    try:
        refreshes = refresh(event)
    except AwsUnavailableError as error:
        count_for_alarm("AwsFailures")
        logger.warning("access tokens not refreshed", error_code=error.code)
        raise
    now = time.time()
    statuses = [each.status for each in refreshes]
    near = [each.is_near_expiry(now) for each in refreshes]
    failed = [status is RefreshStatus.FAILED for status in statuses]
    # This function also runs while nothing is sent, and a metric is paid for by the hour in which
    # it has data, even if that is 0.
    for metric, number in (
        ("TokensNearExpiry", sum(near)),
        ("TokenRefreshed", statuses.count(RefreshStatus.REFRESHED)),
        ("TokenRefreshFailed", sum(map(operator.or_, failed, near))),
    ):
        if number:
            metrics.add_metric(metric, MetricUnit.Count, number)
            metrics.flush_metrics()
    for each in refreshes:
        if each.reason is None:
            logger.info("access token checked", app_id=each.app_id, status=each.status)
        else:
            logger.warning(
                "access token not refreshed",
                app_id=each.app_id,
                status=each.status,
                reason=each.reason,
            )
    return refreshes


def refresh(event: dict[str, Any]) -> Sequence[Refresh]:
    if event.get("detail-type") == ACCESS_TOKEN_REJECTED:
        rejected = AccessTokenRejected.model_validate(event["detail"])
        return [refresher.refresh_rejected(rejected.app_id, rejected.fingerprint)]
    if event.get("detail-type") == APP_CREDENTIALS_CHANGED:
        changed = AppCredentialsChanged.model_validate(event["detail"])
        return [refresher.refresh_changed(changed.app_id)]
    return refresher.refresh_due()


gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()
