"""Game servers' routes of the HTTP API: request, show and cancel notifications."""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import os
import time
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, Field, WithJsonSchema

from push.api.http_api import AppIdInPath, HttpApi, accepted
from push.apps.table import Apps
from push.aws import clients
from push.aws.log_lines import log_line
from push.identifiers import NotificationId, TemplateId
from push.notifications.chunks import ChunkName, OutcomeReader
from push.notifications.entry import Origin, State
from push.notifications.interactions import InteractionCounts, read_interactions
from push.notifications.listing import ListKey, NotificationList, Wanted
from push.notifications.outcomes import OUTCOME_SCHEMA
from push.notifications.players import SkippedPlayer, skipped_players
from push.notifications.record import Notifications
from push.notifications.summary import Summary
from push.requests.intake import RequestIntake, cancel
from push.requests.models import NotificationRequest, Request, build_models
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
logger = Logger(json_serializer=log_line)
dynamodb = clients.dynamodb()
notifications_table = dynamodb.table(settings.NOTIFICATIONS_TABLE)
notifications = Notifications(notifications_table)
outcomes = OutcomeReader(notifications_table)
notification_list = NotificationList(notifications_table)
schedules = Schedules(clients.client("scheduler"), settings.SCHEDULE_GROUP)
intake = RequestIntake(
    Apps(dynamodb.table(settings.APPS_TABLE)),
    Templates(dynamodb.table(settings.TEMPLATES_TABLE)),
    notifications,
    RepeatGuard(notifications_table),
)
request_queue = RequestQueue(clients.client("sqs"), settings.REQUEST_QUEUE_URL)
app = HttpApi(logger, {"/notifications": 200_000})
build_models()

NotificationIdInPath = Annotated[NotificationId, Path(description="The notification's id")]
PageInQuery = Annotated[
    ChunkName | None, Query(description="`next_page` of the previous response, for more outcomes")
]


Epoch = Annotated[int, Field(ge=0, le=9_999_999_999)]


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
    interactions: Annotated[
        InteractionCounts, Field(description="What players did with it, if it is tracked")
    ]
    outcomes: Annotated[
        dict[str, Annotated[dict[str, Any], WithJsonSchema(OUTCOME_SCHEMA)]],
        Field(description="By `player_id#device_id#kind`"),
    ]
    next_page: str | None


class ListedNotifications(BaseModel):
    """Some of an app's notifications, newest first."""

    notifications: list[Summary]
    next_page: Annotated[
        str | None,
        Field(description="For more of them; a page may have none that match and not be the last"),
    ]


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
    origin = Origin("api", app.caller_arn)
    logger.append_keys(app_id=app_id, notification_id=request.notification_id)
    intake.accept(request, origin, request_queue, time.time(), is_named=is_named)
    with single_metric(name="RequestsAccepted", unit=MetricUnit.Count, value=1):
        pass
    logger.info("request accepted", accepted_by=origin.by)
    return Accepted(notification_id=request.notification_id), 202


@app.get("/apps/<app_id>/notifications", summary="List an app's notifications, newest first")
def list_notifications(
    app_id: AppIdInPath,
    *,
    state: Annotated[State | None, Query(description="Only those in this state")] = None,
    template: Annotated[TemplateId | None, Query(description="Only those of this template")] = None,
    start: Annotated[
        Epoch | None, Query(alias="from", description="Listed then or later, in epoch seconds")
    ] = None,
    end: Annotated[
        Epoch | None, Query(alias="to", description="Listed before, in epoch seconds")
    ] = None,
    page: Annotated[
        ListKey | None, Query(description="`next_page` of the previous response")
    ] = None,
) -> ListedNotifications:
    found, next_page = notification_list.page(app_id, Wanted(state, template, start, end), page)
    return ListedNotifications(notifications=list(found), next_page=next_page)


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
    by_reason = skipped_players(notifications_table, notification_id) if is_first else {}
    return NotificationView(
        **summary.model_dump(),
        skipped=[
            SkippedPlayer(player_id=player, reason=reason)
            for reason, players in by_reason.items()
            for player in players
        ],
        interactions=(
            read_interactions(notifications_table, notification_id)
            if summary.tracked
            else InteractionCounts()
        ),
        outcomes=page_of_outcomes,
        next_page=next_page,
    )


@app.delete(
    "/apps/<app_id>/notifications/<notification_id>",
    summary="Cancel a notification; sends in flight complete",
)
def cancel_notification(app_id: AppIdInPath, notification_id: NotificationIdInPath) -> Summary:
    return cancel(app_id, notification_id, notifications, schedules)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)


gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()
