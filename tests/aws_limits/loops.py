"""Lambda's recursive loop detection.

A message that a function sends carries, in the trace header, how often each function has been
invoked in its chain. A function that has been invoked 16 times in a chain is not invoked again,
unless its `RecursiveLoop` is `Allow`: the poller leaves the message, which returns after its
visibility time-out and is dead-lettered after `maxReceiveCount` receives.

Detected are chains through SQS (and SNS, S3 and direct invocations, which the service does not
use). EventBridge and EventBridge Scheduler start a new chain, as does a message that an operator
moves or that a test sends.

Sources: AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite
loops"; AWS Compute Blog, "Detecting and stopping recursive loops in AWS Lambda functions" (the
exception that the poller gets, and where the message ends). How Lambda counts a batch of
messages of several chains is not documented: here, each function has the highest count of them.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.aws_limits.calls import Call, parsed_of
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.aws_limits.calls import Result

MOST_INVOCATIONS = 16
TRACE_HEADER = "AWSTraceHeader"

_LINEAGE = re.compile(r"Lineage=([\w:|]*)")

Lineage = dict[str, int]
"""How often each function was invoked in a chain, by its name."""


@cache
def may_recur(function: str) -> bool:
    """Return whether template.yaml lets a function be invoked in a loop, by its folder's name."""
    return any(
        properties.get("RecursiveLoop") == "Allow"
        for properties in template_yaml.functions().values()
        if properties["CodeUri"] == f"functions/{function}"
    )


def lineage_of(attributes: dict[str, str]) -> Lineage:
    """Return the lineage that a message's system attributes carry."""
    found = _LINEAGE.search(attributes.get(TRACE_HEADER, ""))
    if not found or not found[1]:
        return {}
    pairs = (part.split(":") for part in found[1].split("|"))
    return {function: int(count) for function, count in pairs}


class Loops:
    """The lineage of the function that runs, and the messages that are no longer delivered."""

    def __init__(self) -> None:
        self.dropped = 0
        self.function = ""
        self._lineage: Lineage = {}
        # moto forgets the header of a message that was sent in a batch.
        self._sent: dict[str, str] = {}

    def admit(self, function: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the messages with which the poller may invoke a function; the others stay on
        their queue."""
        if may_recur(function):
            return messages
        admitted = [
            message
            for message in messages
            if lineage_of(message.get("Attributes", {})).get(function, 0) < MOST_INVOCATIONS
        ]
        self.dropped += len(messages) - len(admitted)
        return admitted

    @contextmanager
    def invocation(self, function: str, event: dict[str, Any]) -> Iterator[None]:
        """Give what a function sends the lineage of the event that it handles."""
        before = self.function, self._lineage
        lineage: Lineage = {}
        for record in event.get("Records", ()):
            for name, count in lineage_of(record.get("attributes", {})).items():
                lineage[name] = max(count, lineage.get(name, 0))
        lineage[function] = lineage.get(function, 0) + 1
        self.function, self._lineage = function, lineage
        try:
            yield
        finally:
            self.function, self._lineage = before

    def handle(self, call: Call, send: Callable[[], Result]) -> Result:
        """Let messages that a function sends carry the trace header."""
        if call.operation == "ReceiveMessage" and self._sent:
            return self._receive(send)
        if not self.function or not call.operation.startswith("SendMessage"):
            return send()
        lineage = "|".join(f"{name}:{count}" for name, count in self._lineage.items())
        text = f"Lineage={lineage}"
        header = {"DataType": "String", "StringValue": text}
        for message in call.parameters.get("Entries", [call.parameters]):
            message.setdefault("MessageSystemAttributes", {}).setdefault(TRACE_HEADER, header)
        call.rewrite()
        result = send()
        if (parsed := parsed_of(result)) is not None:
            for message in parsed.get("Successful", [parsed]):
                self._sent[message["MessageId"]] = text
        return result

    def _receive(self, send: Callable[[], Result]) -> Result:
        result = send()
        for message in (parsed_of(result) or {}).get("Messages", ()):
            if header := self._sent.get(message["MessageId"]):
                message.setdefault("Attributes", {}).setdefault(TRACE_HEADER, header)
        return result
