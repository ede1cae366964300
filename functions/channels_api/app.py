"""Players' routes of the HTTP API: channels and presence. The player is who the verified token
says."""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import os
import random
import time
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict

from push.api.http_api import AppIdInPath, HttpApi, done, stored
from push.apps.table import AppCache, Apps
from push.aws import clients
from push.aws.dynamodb import Transactions
from push.aws.log_lines import log_line
from push.channels.models import Channel, Registration
from push.channels.presence import Presence
from push.channels.registration import Caller, Registrar
from push.channels.registration_limit import RegistrationLimit
from push.channels.table import Channels
from push.channels.topics import Topics
from push.channels.uri_claims import UriClaims
from push.channels.uri_owners import UriOwners
from push.identifiers import DeviceId

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    CHANNELS_TABLE: str
    TOPICS_TABLE: str


settings = Settings.model_validate(os.environ)
logger = Logger(json_serializer=log_line)
dynamodb = clients.dynamodb()
channels_table = dynamodb.table(settings.CHANNELS_TABLE)
channels, owners = Channels(channels_table), UriOwners(channels_table)
topics = Topics(dynamodb.table(settings.TOPICS_TABLE))
limit = RegistrationLimit(channels_table)
transactions = Transactions(dynamodb, time.sleep, random.SystemRandom().random)
registrar = Registrar(
    apps=AppCache(Apps(dynamodb.table(settings.APPS_TABLE))),
    channels=channels,
    claims=UriClaims(owners, channels, topics, limit, transactions),
    topics=topics,
    presence=Presence(channels_table),
    limit=limit,
    transactions=transactions,
)
app = HttpApi(logger)

DeviceIdInPath = Annotated[DeviceId, Path(description="The device's id, chosen by the client")]


class ChannelView(BaseModel):
    """A channel as its player sees it: never the URI, only its host."""

    device_id: str
    channel_host: str
    locale: str | None
    time_zone: str | None
    app_version: str | None
    topics: tuple[str, ...]
    registered_at: int
    renewed_at: int
    expires_at: int

    @classmethod
    def of(cls, channel: Channel) -> ChannelView:
        return cls(channel_host=channel.host, **channel.model_dump(include=set(cls.model_fields)))


class PresenceReport(BaseModel):
    """The body of a presence report."""

    model_config = ConfigDict(extra="forbid")

    in_game: bool


class ChannelList(BaseModel):
    channels: list[ChannelView]


@app.put(
    "/apps/<app_id>/channels/<device_id>",
    summary="Register a device's channel, or renew it",
    responses=stored(ChannelView, 409),
)
def register_channel(
    app_id: AppIdInPath, device_id: DeviceIdInPath, registration: Registration
) -> tuple[ChannelView, int]:
    channel, is_new = registrar.register(
        caller(), app_id, device_id, registration, int(time.time())
    )
    with single_metric(name="ChannelsRegistered", unit=MetricUnit.Count, value=1):
        pass
    return ChannelView.of(channel), 201 if is_new else 200


@app.get("/apps/<app_id>/channels", summary="List the player's channels that have not expired")
def list_channels(app_id: AppIdInPath) -> ChannelList:
    channels = registrar.list(caller(), app_id, int(time.time()))
    return ChannelList(channels=[ChannelView.of(channel) for channel in channels])


@app.delete(
    "/apps/<app_id>/channels/<device_id>",
    summary="Remove a device's channel, for example when its player signs out",
    responses=done(),
)
def remove_channel(app_id: AppIdInPath, device_id: DeviceIdInPath) -> Response[None]:
    registrar.remove(caller(), app_id, device_id, int(time.time()))
    return Response(204)


@app.put(
    "/apps/<app_id>/channels/<device_id>/presence",
    summary="Report whether the player is in the game; `true` expires after five minutes",
    responses=done(),
)
def put_presence(
    app_id: AppIdInPath, device_id: DeviceIdInPath, report: PresenceReport
) -> Response[None]:
    registrar.put_presence(caller(), app_id, device_id, int(time.time()), in_game=report.in_game)
    return Response(204)


def caller() -> Caller:
    return Caller.of_claims(app.current_event.request_context.authorizer.jwt_claim or {})


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)


gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()
