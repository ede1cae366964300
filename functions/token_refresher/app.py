"""Refresher of access tokens: on a schedule, and at once when WNS rejects one or an app's
credentials change."""

from __future__ import annotations

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
from push.aws.log_lines import log_line
from push.aws.secret_store import SecretStore
from push.errors import AwsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    SECRET_PREFIX: str


settings = Settings.model_validate(os.environ)
logger = Logger(json_serializer=log_line)
metrics = Metrics()
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
        refreshes = refresh(event)
    except AwsUnavailableError as error:
        metrics.add_metric("AwsFailures", MetricUnit.Count, 1)
        metrics.flush_metrics()
        logger.warning("access tokens not refreshed", error_code=error.code)
        raise
    now = time.time()
    statuses = [each.status for each in refreshes]
    # This function also runs while nothing is sent, and a metric is paid for by the hour in which
    # it has data, even if that is 0.
    for metric, number in (
        ("TokensNearExpiry", sum(each.is_near_expiry(now) for each in refreshes)),
        ("TokenRefreshed", statuses.count(RefreshStatus.REFRESHED)),
        ("TokenRefreshFailed", statuses.count(RefreshStatus.FAILED)),
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
    return {each.app_id: each.status for each in refreshes}


def refresh(event: dict[str, Any]) -> Sequence[Refresh]:
    if event.get("detail-type") == ACCESS_TOKEN_REJECTED:
        rejected = AccessTokenRejected.model_validate(event["detail"])
        return [refresher.refresh_rejected(rejected.app_id, rejected.fingerprint)]
    if event.get("detail-type") == APP_CREDENTIALS_CHANGED:
        changed = AppCredentialsChanged.model_validate(event["detail"])
        return [refresher.refresh_changed(changed.app_id)]
    return refresher.refresh_due()
