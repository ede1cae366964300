"""Operator and game-server routes of the HTTP API: apps, credentials, templates, notifications."""

from __future__ import annotations

import os
import time
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import requests
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import BaseModel

from push.accepting import Accepting
from push.answers import answer_for, answer_for_invalid, internal_error, no_such_route
from push.apps import App, Apps, AppSettings
from push.cancelling import cancel
from push.chunks import ChunkName, ChunkOutcomes
from push.credentials import put_credentials
from push.errors import PushError
from push.identifiers import AppId, NotificationId, TemplateId
from push.notifications import Notifications, Summary
from push.previewing import Preview, PreviewRequest, preview
from push.recent import RecentBroadcasts
from push.requests import NotificationRequest, Request, RequestQueue
from push.schedules import Schedules
from push.secret_store import SecretStore
from push.template_check import check_template
from push.templates import Template, Templates, TemplateSettings
from wns.errors import WnsError
from wns.oauth import Credentials, request_access_token

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel):
    APPS_TABLE: str
    TEMPLATES_TABLE: str
    NOTIFICATIONS_TABLE: str
    REQUEST_QUEUE_URL: str
    SCHEDULE_GROUP: str
    SECRET_PREFIX: str


settings = Settings.model_validate(os.environ)
logger = Logger()
dynamodb = boto3.resource("dynamodb")
apps = Apps(dynamodb.Table(settings.APPS_TABLE))
templates = Templates(dynamodb.Table(settings.TEMPLATES_TABLE))
notifications_table = dynamodb.Table(settings.NOTIFICATIONS_TABLE)
notifications = Notifications(notifications_table)
chunks = ChunkOutcomes(notifications_table)
schedules = Schedules(boto3.client("scheduler"), settings.SCHEDULE_GROUP)
accepting = Accepting(apps, templates, notifications, RecentBroadcasts(notifications_table))
request_queue = RequestQueue(boto3.client("sqs"), settings.REQUEST_QUEUE_URL)
secrets = SecretStore(boto3.client("secretsmanager"), settings.SECRET_PREFIX)
app = APIGatewayHttpResolver(enable_validation=True)

AppIdInPath = Annotated[AppId, Path(description="The app's id")]
TemplateIdInPath = Annotated[TemplateId, Path(description="The template's id")]
NotificationIdInPath = Annotated[NotificationId, Path(description="The notification's id")]
PageInQuery = Annotated[
    ChunkName | None, Query(description="`next_page` of the answer before, for more outcomes")
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^"?[0-9]{1,9}"?$',
        description="Version that is to be replaced; 0 for none yet",
    ),
]
CredentialsInBody = Annotated[Credentials, Body(description="Of the identity that the app has")]


class Accepted(BaseModel):
    notification_id: str


class TemplateList(BaseModel):
    templates: list[Template]


class NotificationView(Summary):
    """Where a notification stands, and the outcome on each channel of some of its deliveries."""

    outcomes: dict[str, dict[str, Any]]
    next_page: str | None


@app.put("/apps/<app_id>")
def put_app(app_id: AppIdInPath, settings: AppSettings) -> tuple[App, int]:
    stored = App(app_id=app_id, **settings.model_dump())
    return stored, 201 if apps.put(stored) else 200


@app.get("/apps/<app_id>")
def get_app(app_id: AppIdInPath) -> App:
    return apps.get(app_id)


@app.put("/apps/<app_id>/credentials")
def store_credentials(app_id: AppIdInPath, credentials: CredentialsInBody) -> Response[None]:
    apps.get(app_id).check_identity(credentials.identity)
    with requests.Session() as session:
        request_access_token(session, credentials, time.time())
    put_credentials(secrets, app_id, credentials)
    return Response(204)


@app.get("/apps/<app_id>/templates")
def list_templates(app_id: AppIdInPath) -> TemplateList:
    apps.get(app_id)
    return TemplateList(templates=list(templates.of_app(app_id)))


@app.put("/apps/<app_id>/templates/<template_id>")
def put_template(
    app_id: AppIdInPath,
    template_id: TemplateIdInPath,
    settings: TemplateSettings,
    if_match: IfMatch = None,
) -> tuple[Template, int]:
    template = Template(template_id=template_id, **settings.model_dump(exclude_unset=True))
    check_template(template)
    apps.get(app_id)
    stored = templates.put(app_id, template, None if if_match is None else int(if_match.strip('"')))
    return stored, 201 if stored.version == 1 else 200


@app.get("/apps/<app_id>/templates/<template_id>")
def get_template(app_id: AppIdInPath, template_id: TemplateIdInPath) -> Template:
    return templates.get(app_id, template_id)


@app.delete("/apps/<app_id>/templates/<template_id>")
def delete_template(app_id: AppIdInPath, template_id: TemplateIdInPath) -> Response[None]:
    templates.delete(app_id, template_id)
    return Response(204)


@app.post("/apps/<app_id>/templates/<template_id>/preview")
def preview_template(
    app_id: AppIdInPath, template_id: TemplateIdInPath, sample: PreviewRequest
) -> Preview:
    return preview(apps.get(app_id), templates.get(app_id, template_id), sample)


@app.post("/apps/<app_id>/notifications")
def request_notification(
    app_id: AppIdInPath, notification: NotificationRequest
) -> tuple[Accepted, int]:
    request = Request.of(app_id, notification, uuid.uuid4().hex)
    accepting.accept(request, request_queue, time.time())
    return Accepted(notification_id=request.notification_id), 202


@app.get("/apps/<app_id>/notifications/<notification_id>")
def get_notification(
    app_id: AppIdInPath, notification_id: NotificationIdInPath, page: PageInQuery = None
) -> NotificationView:
    summary = notifications.summary(app_id, notification_id)
    outcomes, next_page = chunks.page(notification_id, page)
    return NotificationView(**summary.model_dump(), outcomes=outcomes, next_page=next_page)


@app.delete("/apps/<app_id>/notifications/<notification_id>")
def cancel_notification(app_id: AppIdInPath, notification_id: NotificationIdInPath) -> Summary:
    return cancel(app_id, notification_id, notifications, schedules)


@app.exception_handler([PushError, WnsError])
def refuse(error: PushError | WnsError) -> Response[str]:
    return respond(answer_for(error))


@app.exception_handler(RequestValidationError)
def refuse_invalid(error: RequestValidationError) -> Response[str]:
    return respond(answer_for_invalid(error.errors()))


@app.exception_handler(Exception)
def fail(error: Exception) -> Response[str]:
    logger.error("unexpected", exc_info=error)
    return respond(internal_error())


@app.not_found
def refuse_route(_: Exception) -> Response[str]:
    return respond(no_such_route())


def respond(answer: tuple[int, str]) -> Response[str]:
    status, body = answer
    return Response(status, "application/json", body)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
