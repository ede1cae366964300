"""An app with its template, token and players on the stub, and the events that handlers get.

What the handlers store or queue is made by handlers: the population repeats a channel that
`channels_api` has stored, and deliveries repeat one that `dispatcher` has queued. So the benchmarks
measure what is there, whatever its shape is by now.
"""

from __future__ import annotations

import importlib
import io
import itertools
import json
import os
import time
import uuid
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import Any

import boto3

from benchmarks.aws_stub.control import ACCOUNT, REGION, ROOT, AwsStub
from benchmarks.aws_stub.population import PROTOTYPE_PLAYER, player_id
from benchmarks.lambda_events import environment_of, http_event, sqs_event
from benchmarks.wns_sink.process import HOST
from benchmarks.workers.__main__ import Context
from benchmarks.workload import TOKEN
from push.channels.keys import SHARDS, shard_of
from wns.access_token import AccessToken

APP = "bench"
DEVICE = "living-room-pc"
SEND_RATE = 10_000  # the most that an app may have, so that the budget holds up nothing
CHANNELS = 64 * 500  # a full page in each shard
TEMPLATE = {
    "default_locale": "en-US",
    "options": {"ttl_seconds": 86400},
    "locales": {
        "en-US": {
            "toast": {
                "texts": ["${challenger} challenges you", "Best of three on Dust Harbour"],
                "launch": "action=match&id=${id}",
                "audio": {"src": "ms-winsoundevent:Notification.IM"},
            }
        }
    },
}


_SENT_TO = 64 * 450  # players of the population that deliveries go to; the others renew
_DAY_S = 24 * 3600


class World:
    """The app `bench` on a stub, filled through the handlers in this process."""

    def __init__(self, stub: AwsStub, channels: int) -> None:
        self.stub = stub
        self._numbers = itertools.count()
        self._renewed = 0
        self._of_shard: list[list[str]] = [[] for _ in range(SHARDS)]
        for player in map(player_id, range(_SENT_TO)):
            self._of_shard[shard_of(player, SHARDS)].append(player)
        for function in ("operator_api", "channels_api", "dispatcher", "notification_sender"):
            os.environ |= environment_of(function, stub, None)
        os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"  # here nobody reads what handlers log
        settings = {"name": "Bench", "token_audiences": ["windows-game"], "send_rate": SEND_RATE}
        self._operate("PUT", f"/apps/{APP}", settings)
        self._operate("PUT", f"/apps/{APP}/templates/Challenge", TEMPLATE)
        self._store_token()
        self.call("channels_api", self.registration(PROTOTYPE_PLAYER))
        self.prototype = self._stored_channel()
        self._delivery = {lane: self._queued_delivery(lane) for lane in ("direct", "bulk")}
        self.stub.clear("ChannelsTable")
        self.populate(channels)

    def call(self, function: str, event: dict[str, Any]) -> Any:
        """Call a handler in this process, unmeasured."""
        module = importlib.import_module(f"functions.{function}.app")
        with redirect_stdout(io.StringIO()):  # metrics
            response = module.lambda_handler(event, Context(function))
        if response.get("statusCode", 200) >= 300 or response.get("batchItemFailures"):  # noqa: PLR2004
            raise RuntimeError(f"{function} answered {response}")
        return response

    def populate(self, channels: int) -> None:
        """Let the app have so many channels, one a player."""
        given = {
            "table": "ChannelsTable",
            "index": "ByShard",
            "prototype": self.prototype,
            "count": channels,
        }
        self.stub.ask("populate", given)

    def _store_token(self) -> None:
        """Store an access token as token_refresher does, which would ask Microsoft for it."""
        now = int(time.time())
        token = AccessToken(value=TOKEN, obtained_at=now, expires_at=now + 80_000)
        text = json.dumps(asdict(token) | {"credentials_version": "1"})
        name = f"{os.environ['SECRET_PREFIX']}/{APP}/access-token"
        boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString=text)

    def _operate(self, method: str, path: str, body: Any) -> None:
        self.call("operator_api", http_event(method, path, body))

    def _stored_channel(self) -> dict[str, Any]:
        """Return the channel of PROTOTYPE_PLAYER, its times a day ago."""
        found = boto3.client("dynamodb").query(
            TableName="ChannelsTable",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"{APP}#{PROTOTYPE_PLAYER}"}},
        )
        item = next(item for item in found["Items"] if "channel_uri" in item)
        soon = time.time() - _DAY_S
        return {
            name: {"N": str(int(value["N"]) - _DAY_S)} if float(value.get("N", 0)) > soon else value
            for name, value in item.items()
        }

    def _queued_delivery(self, lane: str) -> dict[str, Any]:
        audience = {"players": [PROTOTYPE_PLAYER]} if lane == "direct" else {"everyone": True}
        self.call("dispatcher", sqs_event("RequestQueue", [self.request(audience)]))
        while pages := self.stub.take("BroadcastQueue"):
            self.call("dispatcher", sqs_event("BroadcastQueue", pages))
        queue = "DeliveryQueue" if lane == "direct" else "BulkDeliveryQueue"
        delivery: dict[str, Any] = json.loads(self.stub.take(queue)[0])
        return delivery

    # ------------------------------------------------------------ events

    def request(self, audience: dict[str, Any]) -> str:
        """Return a message of RequestQueue, the event of a game server."""
        event_id = str(uuid.uuid4())
        detail = {
            "app_id": APP,
            "audience": audience,
            "template": "Challenge",
            "parameters": {"challenger": "Alex", "id": 42},
            "allow_repeat": "everyone" in audience,
        }
        event = {
            "version": "0", "id": event_id, "detail-type": "Challenge", "source": "game",
            "account": ACCOUNT, "time": "2026-11-26T10:00:00Z", "region": REGION, "resources": [],
            "detail": detail,
        }  # fmt: skip
        return json.dumps(event)

    def requests(self, count: int, players: int) -> dict[str, Any]:
        """Return an event with requests, each for so many players."""
        names = [player_id(number) for number in range(players)]
        bodies = [self.request({"players": names}) for _ in range(count)]
        return sqs_event("RequestQueue", bodies)

    def single_requests(self, count: int) -> dict[str, Any]:
        """Return an event with requests, each for another player."""
        bodies = [self.request({"players": [self._next_player()]}) for _ in range(count)]
        return sqs_event("RequestQueue", bodies)

    def _next_player(self) -> str:
        return player_id(next(self._numbers) % _SENT_TO)

    def deliveries(self, lane: str, count: int, channels: int, age_s: int = 0) -> dict[str, Any]:
        """Return an event with deliveries, each to so many channels.

        Args:
            age_s: how long ago they were dispatched.
        """
        prototype = self._delivery[lane]
        recipient = json.dumps(prototype["channels"][0])
        now = int(time.time())
        bodies = []
        shared = uuid.uuid4().hex
        for _ in range(count):
            number = next(self._numbers)
            names = self._recipients(number, channels)
            recipients = [json.loads(recipient.replace(PROTOTYPE_PLAYER, name)) for name in names]
            delivery = prototype | {
                "notification_id": shared if lane == "bulk" else uuid.uuid4().hex,
                "chunk": f"{number % SHARDS}.{number}.0" if lane == "bulk" else "0",
                "dispatched_at": now - age_s,
                "expires_at": now + 80_000,
                "channels": recipients,
            }
            if lane == "bulk":
                delivery["channels_in_range"] = channels
            bodies.append(json.dumps(delivery, separators=(",", ":")))
        return sqs_event("DeliveryQueue" if lane == "direct" else "BulkDeliveryQueue", bodies)

    def _recipients(self, number: int, channels: int) -> list[str]:
        """Return players who follow one another in a shard, as those of a chunk do."""
        players = self._of_shard[number % SHARDS]
        first = number // SHARDS * channels % max(len(players) - channels, 1)
        return players[first : first + channels]

    def pages(self, count: int) -> list[str]:
        """Start a broadcast to everyone; return some of its pages, and drop the others."""
        self.call("dispatcher", sqs_event("RequestQueue", [self.request({"everyone": True})]))
        found: list[str] = []
        while more := self.stub.take("BroadcastQueue", 1000):
            found += more
        return found[:count]

    def new_players(self, count: int) -> list[str]:
        """Return ids of players that have no channel."""
        return [f"new-{next(self._numbers)}" for _ in range(count)]

    def renewing_players(self, count: int) -> list[str]:
        """Return ids of players of the population whose channels are a day old."""
        first = _SENT_TO + self._renewed % (CHANNELS - _SENT_TO - count)
        self._renewed += count
        return [player_id(number) for number in range(first, first + count)]

    def registration(self, player: str) -> dict[str, Any]:
        """Return the sample registration (two topics) of a player."""
        path = ROOT / "events/channels_api-register.json"
        event: dict[str, Any] = json.loads(path.read_text())
        event["rawPath"] = f"/apps/{APP}/channels/{DEVICE}"
        event["requestContext"]["http"]["path"] = event["rawPath"]
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = player
        body = json.loads(event["body"])
        # As long as those of Windows, about 150 characters of token, and different for each player.
        body["channel_uri"] = f"https://{HOST}/?token={'AwYAAAD8sfbDrL9h7mN' * 7}{player}"
        return event | {"body": json.dumps(body)}

    def posted_request(self) -> dict[str, Any]:
        """Return a game server's request by the API, for another player each time."""
        body = {
            "request_id": str(uuid.uuid4()),
            "audience": {"players": [self._next_player()]},
            "template": "Challenge",
            "parameters": {"challenger": "Alex", "id": 42},
        }
        return http_event("POST", f"/apps/{APP}/notifications", body)
