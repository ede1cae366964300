"""Operators' routes of the HTTP API: apps, credentials and templates."""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import os
import time
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path
from pydantic import BaseModel

from push.api.http_api import AppIdInPath, HttpApi, done, stored
from push.apps.credentials import delete_secrets, verify_and_store_credentials
from push.apps.events import AppEvents
from push.apps.models import App, AppSettings
from push.apps.send_pauses import SendPauses
from push.apps.table import Apps
from push.aws import clients
from push.aws.log_lines import log_line
from push.aws.secret_store import SecretStore
from push.identifiers import TemplateId
from push.requests.preview import Preview, PreviewRequest, preview
from push.templates.models import Template, TemplateSettings
from push.templates.table import Templates
from push.templates.validation import validate_template
from wns.oauth import Credentials

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    TEMPLATES_TABLE: str
    RATES_TABLE: str
    GAME_EVENT_BUS: str
    SECRET_PREFIX: str


settings = Settings.model_validate(os.environ)
logger = Logger(json_serializer=log_line)
dynamodb = clients.dynamodb()
apps = Apps(dynamodb.table(settings.APPS_TABLE))
send_pauses = SendPauses(dynamodb.table(settings.RATES_TABLE))
templates = Templates(dynamodb.table(settings.TEMPLATES_TABLE))
secrets = SecretStore(clients.client("secretsmanager"), settings.SECRET_PREFIX)
app_events = AppEvents(clients.client("events"), settings.GAME_EVENT_BUS)
app = HttpApi(logger, {"/templates/": 200_000})

TemplateIdInPath = Annotated[TemplateId, Path(description="The template's id")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^"?[0-9]{1,9}"?$',
        description="The version to replace; 0 to create the template only",
    ),
]
CredentialsInBody = Annotated[Credentials, Body(description="Credentials of the app's identity")]


class AppList(BaseModel):
    apps: list[App]


class TemplateList(BaseModel):
    templates: list[Template]


@app.get("/apps", summary="List the apps")
def list_apps() -> AppList:
    return AppList(apps=sorted(apps.all(), key=lambda each: each.app_id))


@app.put(
    "/apps/<app_id>",
    summary="Create an app or replace its settings; a stopped app resumes",
    responses=stored(App),
)
def put_app(app_id: AppIdInPath, settings: AppSettings) -> tuple[App, int]:
    stored_app = App(app_id=app_id, **settings.model_dump())
    # Lifted first: if storing fails, the app is still stopped, and the next try lifts it again.
    if apps.is_stopped(app_id):
        send_pauses.lift(app_id)
    is_new = apps.put(stored_app)
    logger.info("app stored", app_id=app_id, by=app.caller_arn)
    return stored_app, 201 if is_new else 200


@app.get("/apps/<app_id>", summary="Get an app's settings")
def get_app(app_id: AppIdInPath) -> App:
    return apps.get(app_id)


@app.post(
    "/apps/<app_id>/resume",
    summary="Resume sending for an app that WNS stopped, or that waits because WNS asked it to",
)
def resume_app(app_id: AppIdInPath) -> App:
    apps.resume(app_id)
    send_pauses.lift(app_id)
    logger.info("app resumed", app_id=app_id, by=app.caller_arn)
    return apps.get(app_id)


@app.delete(
    "/apps/<app_id>",
    summary="Delete an app, its credentials and its access token; its channels expire",
    responses=done(503),
)
def delete_app(app_id: AppIdInPath) -> Response[None]:
    apps.delete(app_id)
    delete_secrets(app_id, secrets)
    logger.info("app deleted", app_id=app_id, by=app.caller_arn)
    return Response(204)


@app.put(
    "/apps/<app_id>/credentials",
    summary="Store an app's credentials after verifying them with Microsoft",
    responses=done(409, 503),
)
def store_credentials(app_id: AppIdInPath, credentials: CredentialsInBody) -> Response[None]:
    # Here, because it takes 15 ms of a start, and credentials are stored once in a long time.
    import requests  # noqa: PLC0415

    with requests.Session() as session:
        verify_and_store_credentials(
            apps.get(app_id),
            credentials,
            session=session,
            secrets=secrets,
            events=app_events,
            now=time.time(),
        )
    logger.info("credentials stored", app_id=app_id, by=app.caller_arn)
    return Response(204)


@app.get("/apps/<app_id>/templates", summary="List an app's templates")
def list_templates(app_id: AppIdInPath) -> TemplateList:
    apps.get(app_id)
    return TemplateList(templates=list(templates.of_app(app_id)))


@app.put(
    "/apps/<app_id>/templates/<template_id>",
    summary="Create or replace a template",
    responses=stored(Template, 409),
)
def put_template(
    app_id: AppIdInPath,
    template_id: TemplateIdInPath,
    settings: TemplateSettings,
    if_match: IfMatch = None,
) -> tuple[Template, int]:
    template = Template(template_id=template_id, **settings.model_dump(exclude_unset=True))
    validate_template(template)
    apps.get(app_id)
    version = None if if_match is None else int(if_match.strip('"'))
    template = templates.put(app_id, template, version)
    logger.info(
        "template stored",
        app_id=app_id,
        by=app.caller_arn,
        template_id=template_id,
        version=template.version,
    )
    return template, 201 if template.version == 1 else 200


@app.get("/apps/<app_id>/templates/<template_id>", summary="Get a template")
def get_template(app_id: AppIdInPath, template_id: TemplateIdInPath) -> Template:
    return templates.get(app_id, template_id)


@app.delete("/apps/<app_id>/templates/<template_id>", summary="Delete a template", responses=done())
def delete_template(app_id: AppIdInPath, template_id: TemplateIdInPath) -> Response[None]:
    templates.delete(app_id, template_id)
    logger.info("template deleted", app_id=app_id, by=app.caller_arn, template_id=template_id)
    return Response(204)


@app.post(
    "/apps/<app_id>/templates/<template_id>/preview",
    summary="Render a template with sample parameters: XML, headers and size",
)
def preview_template(
    app_id: AppIdInPath, template_id: TemplateIdInPath, sample: PreviewRequest
) -> Preview:
    return preview(apps.get(app_id), templates.get(app_id, template_id), sample)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)


gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()
