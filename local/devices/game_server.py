"""The game's server, as a subscriber of the bus: it receives what players answer."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack.aws import Aws

NAME = "devices-page-game-server"
RECEIVE_SECONDS = 10
RETRY_SECONDS = 1.0
PATTERN = {"source": ["windows-push-backend"], "detail-type": ["NotificationInteraction"]}


class GameServer:
    """Receives `NotificationInteraction` through a queue of its own, on a daemon thread; passes
    each event's detail on, copies only once."""

    def __init__(self, operator: Aws, bus: str, receive: Callable[[dict[str, Any]], None]) -> None:
        self._sqs = operator.client("sqs")
        self._events = operator.client("events")
        self._bus = bus
        self._receive = receive
        self._known: set[str] = set()

    def start(self) -> None:
        """Subscribe and receive, until the process ends."""
        threading.Thread(target=self._run, name="game-server", daemon=True).start()

    def _run(self) -> None:
        url = None
        while True:
            try:
                url = url or self._subscribe()
                self._take(url)
            except (BotoCoreError, ClientError):
                time.sleep(RETRY_SECONDS)

    def _subscribe(self) -> str:
        url: str = self._sqs.create_queue(QueueName=NAME)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        self._events.put_rule(Name=NAME, EventBusName=self._bus, EventPattern=json.dumps(PATTERN))
        self._events.put_targets(
            Rule=NAME, EventBusName=self._bus, Targets=[{"Id": "queue", "Arn": arn}]
        )
        return url

    def _take(self, url: str) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=RECEIVE_SECONDS
        )
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            detail = json.loads(message["Body"])["detail"]
            if detail["event_id"] not in self._known:
                self._known.add(detail["event_id"])
                with contextlib.suppress(Exception):  # a device that is gone
                    self._receive(detail)
