"""SQS, EventBridge, Secrets Manager and Scheduler of the stub."""

from __future__ import annotations

import hashlib
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from benchmarks.aws_stub.dynamodb import AwsError

if TYPE_CHECKING:
    from benchmarks.aws_stub.units import Usage

Json = dict[str, Any]


class Services:
    """Queues that only fill, a bus that only counts, and stored secrets."""

    def __init__(self, usage: Usage) -> None:
        self.queues: dict[str, deque[str]] = {}
        self.secrets: dict[str, Json] = {}
        self.usage = usage

    def call(self, service: str, operation: str, given: Json, size: int) -> Json:
        """Carry out one operation; `size` is that of the request in bytes."""
        do = getattr(self, f"_{service}_{operation}", None)
        if do is None:
            raise AwsError("UnknownOperationException", message=f"no {service} {operation}")
        answer: Json = do(given, size)
        return answer

    def _put(self, url: str, body: str) -> Json:
        self.queues.setdefault(url.rpartition("/")[2], deque()).append(body)
        digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": str(uuid.uuid4()), "MD5OfMessageBody": digest}

    def _note_sent(self, entries: list[Json]) -> None:
        size = sum(len(each["MessageBody"].encode()) for each in entries)
        self.usage.note_billed("sqs", size)
        if any("MessageGroupId" in each for each in entries):
            self.usage.note_billed("sqs fair", size)  # billed on top

    def _sqs_SendMessage(self, given: Json, _: int) -> Json:  # noqa: N802
        self._note_sent([given])
        return self._put(given["QueueUrl"], given["MessageBody"])

    def _sqs_SendMessageBatch(self, given: Json, _: int) -> Json:  # noqa: N802
        self._note_sent(given["Entries"])
        sent = [
            {"Id": each["Id"]} | self._put(given["QueueUrl"], each["MessageBody"])
            for each in given["Entries"]
        ]
        return {"Successful": sent, "Failed": []}

    def _events_PutEvents(self, given: Json, size: int) -> Json:  # noqa: N802
        self.usage.note_billed("events", size)
        entries = [{"EventId": str(uuid.uuid4())} for _ in given["Entries"]]
        return {"FailedEntryCount": 0, "Entries": entries}

    def _secretsmanager_GetSecretValue(self, given: Json, _: int) -> Json:  # noqa: N802
        secret = self.secrets.get(given["SecretId"])
        if secret is None:
            raise AwsError("ResourceNotFoundException")
        return secret

    def _secretsmanager_PutSecretValue(self, given: Json, _: int) -> Json:  # noqa: N802
        version = str(uuid.uuid4())
        self.secrets[given["SecretId"]] = {
            "ARN": given["SecretId"],
            "Name": given["SecretId"],
            "VersionId": version,
            "SecretString": given["SecretString"],
        }
        return {"ARN": given["SecretId"], "Name": given["SecretId"], "VersionId": version}

    def take(self, queue: str, most: int) -> list[str]:
        """Take message bodies out of a queue."""
        found = self.queues.get(queue, deque())
        return [found.popleft() for _ in range(min(most, len(found)))]
