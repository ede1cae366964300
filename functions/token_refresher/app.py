"""Keeps every app's access token fresh: on a schedule, and at once when WNS rejects one."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from push.apps import Apps
from push.refreshing import Refresher, Verdict
from push.rejections import ACCESS_TOKEN_REJECTED, AccessTokenRejected
from push.secret_store import SecretStore

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel):
    APPS_TABLE: str
    SECRET_PREFIX: str


settings = Settings.model_validate(os.environ)
logger = Logger()
metrics = Metrics()
apps = Apps(boto3.resource("dynamodb").Table(settings.APPS_TABLE))
refresher = Refresher(
    SecretStore(boto3.client("secretsmanager"), settings.SECRET_PREFIX),
    requests.Session,
    time.time,
)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer with what became of each app's token; the answer is for people who invoke it by
    hand."""
    if event.get("detail-type") == ACCESS_TOKEN_REJECTED:
        rejected = AccessTokenRejected.model_validate(event["detail"])
        refreshes = [refresher.refresh_rejected(rejected.app_id, rejected.fingerprint)]
    else:
        refreshes = refresher.refresh_due(apps.all())
    for verdict, metric in (
        (Verdict.REFRESHED, "TokenRefreshed"),
        (Verdict.FAILED, "TokenRefreshFailed"),
    ):
        metrics.add_metric(metric, MetricUnit.Count, sum(r.verdict is verdict for r in refreshes))
    for refresh in refreshes:
        log = logger.warning if refresh.reason else logger.info
        log("access token", app_id=refresh.app_id, verdict=refresh.verdict, reason=refresh.reason)
    return {refresh.app_id: refresh.verdict for refresh in refreshes}
