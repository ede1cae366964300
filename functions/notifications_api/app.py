"""Game servers' routes of the HTTP API: request, show and cancel notifications."""

from __future__ import annotations

import os
import time
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import boto3
from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, Field

from push.api.http_api import AppIdInPath, HttpApi, accepted
from push.apps.table import Apps
from push.identifiers import NotificationId
from push.notifications.chunks import ChunkName, OutcomeReader
from push.notifications.players import SkippedPlayer
from push.notifications.record import Notifications, Summary
from push.requests.intake import RequestIntake, cancel
from push.requests.models import NotificationRequest, Origin, Request
from push.requests.queue import RequestQueue
from push.requests.repeat_guard import RepeatGuard
from push.requests.schedules import Schedules
from push.templates.table import Templates

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    TEMPLATES_TABLE: str
    NOTIFICATIONS_TABLE: str
    REQUEST_QUEUE_URL: str
    SCHEDULE_GROUP: str


settings = Settings.model_validate(os.environ)
logger = Logger()
dynamodb = boto3.resource("dynamodb")
notifications_table = dynamodb.Table(settings.NOTIFICATIONS_TABLE)
notifications = Notifications(notifications_table)
outcomes = OutcomeReader(notifications_table)
schedules = Schedules(boto3.client("scheduler"), settings.SCHEDULE_GROUP)
intake = RequestIntake(
    Apps(dynamodb.Table(settings.APPS_TABLE)),
    Templates(dynamodb.Table(settings.TEMPLATES_TABLE)),
    notifications,
    RepeatGuard(notifications_table),
)
request_queue = RequestQueue(boto3.client("sqs"), settings.REQUEST_QUEUE_URL)
app = HttpApi(logger, {"/notifications": 200_000})

NotificationIdInPath = Annotated[NotificationId, Path(description="The notification's id")]
PageInQuery = Annotated[
    ChunkName | None, Query(description="`next_page` of the previous response, for more outcomes")
]


class Accepted(BaseModel):
    notification_id: str


class NotificationView(Summary):
    """The summary of a notification, the outcomes on the channels of some of its deliveries, and
    the players who were sent nothing."""

    skipped: Annotated[
        list[SkippedPlayer],
        Field(
            description="On the first page, if the audience is `players`: every player who was sent"
            " nothing, and why"
        ),
    ]
    outcomes: dict[str, dict[str, Any]]
    next_page: str | None


@app.post(
    "/apps/<app_id>/notifications",
    summary="Notify an audience, now or later; `request_id` makes it idempotent",
    responses=accepted(Accepted, 409),
)
def request_notification(
    app_id: AppIdInPath, notification: NotificationRequest
) -> tuple[Accepted, int]:
    request = Request.of(app_id, notification, uuid.uuid4().hex)
    is_named = notification.request_id is not None
    origin = Origin(accepted_by=caller())
    intake.accept(request, request_queue, time.time(), is_named=is_named, origin=origin)
    with single_metric(name="RequestsAccepted", unit=MetricUnit.Count, value=1):
        pass
    logger.info(
        "request accepted",
        app_id=app_id,
        notification_id=request.notification_id,
        accepted_by=origin.accepted_by,
    )
    return Accepted(notification_id=request.notification_id), 202


@app.get(
    "/apps/<app_id>/notifications/<notification_id>",
    summary="Get a notification: its state, counts, and outcomes by page",
)
def get_notification(
    app_id: AppIdInPath, notification_id: NotificationIdInPath, page: PageInQuery = None
) -> NotificationView:
    summary = notifications.summary(app_id, notification_id)
    deliveries = 0 if summary.shards else summary.deliveries
    page_of_outcomes, next_page = outcomes.page(notification_id, deliveries, page)
    is_first = page is None and any(summary.players.skipped.values())
    by_reason = notifications.skipped(notification_id) if is_first else {}
    return NotificationView(
        **summary.model_dump(),
        skipped=[
            SkippedPlayer(player_id=player, reason=reason)
            for reason, players in by_reason.items()
            for player in players
        ],
        outcomes=page_of_outcomes,
        next_page=next_page,
    )


@app.delete(
    "/apps/<app_id>/notifications/<notification_id>",
    summary="Cancel a notification; sends in flight complete",
)
def cancel_notification(app_id: AppIdInPath, notification_id: NotificationIdInPath) -> Summary:
    return cancel(app_id, notification_id, notifications, schedules)


def caller() -> str | None:
    """Return the ARN of the IAM identity that signed the request."""
    return app.current_event.request_context.authorizer.iam.user_arn or None


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
