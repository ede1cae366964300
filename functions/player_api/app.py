"""Players' interactions with notifications, what is kept of players, and its erasure.

Players' routes carry their token, which says who they are; operators' routes name the player.
"""

from __future__ import annotations

import gc

gc.disable()  # until what stays is made, see below

import os
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, TypeAdapter, ValidationError

from push.api.http_api import AppIdInPath, HttpApi
from push.apps.game_events import GameEvents
from push.apps.table import AppCache, Apps
from push.aws import clients
from push.aws.clients import Patience
from push.aws.dynamodb import Transactions
from push.aws.log_lines import log_line
from push.channels.registration import Caller
from push.channels.table import Channels
from push.channels.topics import Topics
from push.errors import FieldError, InvalidRequestError
from push.identifiers import PlayerId
from push.notifications.record import Notifications
from push.players.accounts import ErasureReceipt, PlayerAccount, PlayerAccounts
from push.players.interactions import InteractionIntake
from push.players.models import InteractionResults, Interactions
from push.players.store import InteractionStore

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Settings(BaseModel, hide_input_in_errors=True):
    APPS_TABLE: str
    CHANNELS_TABLE: str
    TOPICS_TABLE: str
    NOTIFICATIONS_TABLE: str
    GAME_EVENT_BUS: str


settings = Settings.model_validate(os.environ)
logger = Logger(json_serializer=log_line)
# A player waits for the response: a call that hangs is made again.
impatient = Patience(connect_s=1, read_s=2, attempts=3)
dynamodb = clients.dynamodb(impatient)
notifications_table = dynamodb.table(settings.NOTIFICATIONS_TABLE)
channels_table = dynamodb.table(settings.CHANNELS_TABLE)
apps = AppCache(Apps(dynamodb.table(settings.APPS_TABLE)))
interactions = InteractionIntake(
    apps=apps,
    notifications=Notifications(notifications_table),
    store=InteractionStore(
        notifications_table,
        Transactions(dynamodb, time.sleep, random.SystemRandom().random),
    ),
    events=GameEvents(
        clients.client("events", impatient), settings.GAME_EVENT_BUS, apps, time.time
    ),
    clock=time.time,
    sleep=time.sleep,
)
accounts = PlayerAccounts(
    channels_table=channels_table,
    notifications_table=notifications_table,
    channels=Channels(channels_table),
    topics=Topics(dynamodb.table(settings.TOPICS_TABLE)),
)
# 25 interactions with the longest inputs have more; those of a whole weekend have a few kilobytes.
app = HttpApi(logger, {"/interactions": 262_144})

PLAYER_ID: TypeAdapter[str] = TypeAdapter(PlayerId)
PlayerIdInPath = Annotated[str, Path(description="The player's id, percent-encoded")]


@app.post(
    "/apps/<app_id>/interactions",
    summary="Report what the player did with toasts: shown, opened, dismissed, or an action",
)
def post_interactions(app_id: AppIdInPath, reported: Interactions) -> InteractionResults:
    wanted = dict.fromkeys(each.notification_id for each in reported.interactions)
    logger.append_keys(app_id=app_id, notification_ids=list(wanted))  # for what fails
    results = interactions.take(caller(), app_id, reported.interactions)
    for name, status in (("InteractionsAccepted", "accepted"), ("InteractionsRefused", "refused")):
        count = sum(each.status == status for each in results)
        if count:
            with single_metric(name=name, unit=MetricUnit.Count, value=count):
                pass
    for notification_id in wanted:
        counts = Counter(
            result.reason or result.status
            for interaction, result in zip(reported.interactions, results, strict=True)
            if interaction.notification_id == notification_id
        )
        logger.info("interactions handled", notification_id=notification_id, results=counts)
    return InteractionResults(results=results)


@app.delete(
    "/apps/<app_id>/me",
    summary="Erase everything that is stored under the player, in every table, with a receipt",
)
def erase_me(app_id: AppIdInPath) -> ErasureReceipt:
    apps.get(app_id, time.time()).check_audience(caller().audiences)
    return erase(app_id, caller().player_id, "player")


@app.get(
    "/apps/<app_id>/players/<player_id>",
    summary="Show a player's devices, presence and topics; of channels, the host only",
)
def get_player(app_id: AppIdInPath, player_id: PlayerIdInPath) -> PlayerAccount:
    return accounts.show(app_id, player_of(player_id), int(time.time()))


@app.delete(
    "/apps/<app_id>/players/<player_id>",
    summary="Erase everything that is stored under a player, in every table, with a receipt",
)
def erase_player(app_id: AppIdInPath, player_id: PlayerIdInPath) -> ErasureReceipt:
    return erase(app_id, player_of(player_id), app.caller_arn)


def erase(app_id: str, player_id: str, by: str | None) -> ErasureReceipt:
    """Erase a player. The log says what was erased, for whom it was done, and no longer who."""
    receipt = accounts.erase(app_id, player_id, int(time.time()))
    with single_metric(name="PlayersErased", unit=MetricUnit.Count, value=1):
        pass
    erased = receipt.model_dump(exclude={"player_id"})
    logger.info("player erased", app_id=app_id, requested_by=by, erased=erased)
    return receipt


def player_of(segment: str) -> str:
    """Return the player that a segment of the path names."""
    try:
        return PLAYER_ID.validate_python(unquote(segment))
    except ValidationError:
        raise InvalidRequestError(
            "the request is not valid; details name the fields",
            (FieldError("player_id", "must be 1 to 255 printable ASCII characters"),),
        ) from None


def caller() -> Caller:
    return Caller.of_claims(app.current_event.request_context.authorizer.jwt_claim or {})


def with_encoded_player(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event whose path has the player's id as one segment.

    API Gateway decodes the path, and a player's id may have a `/`.
    """
    parameters = event.get("pathParameters") or {}
    if "player_id" not in parameters:
        return event
    player = quote(unquote(parameters["player_id"]), safe="")
    return {**event, "rawPath": f"/apps/{parameters['app_id']}/players/{player}"}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(with_encoded_player(event), context)


gc.freeze()  # nothing made so far becomes garbage: no collection need visit it
gc.enable()
