"""Limits of EventBridge, EventBridge Scheduler and Secrets Manager, always on."""

from __future__ import annotations

import re
from typing import Any

from tests.aws_limits.calls import AwsError, Call, invalid
from tests.aws_limits.sizes import KB, text_size

EVENTS_ENTRIES = 10
EVENTS_BYTES = 256 * KB
"""All entries of a `PutEvents` together (Amazon EventBridge User Guide, "Calculating PutEvents
event entry size"). 1 MB since January 2026; `sqs_limits.MESSAGE_BYTES` says why the older one is
kept."""
_TIME_BYTES = 14

SECRET_BYTES = 64 * KB
"""AWS Secrets Manager User Guide, "AWS Secrets Manager quotas"."""
SECRET_NAME = 512

SCHEDULE_NAME = re.compile(r"[0-9a-zA-Z._-]{1,64}")
"""EventBridge Scheduler API reference, `CreateSchedule`."""
SCHEDULE_INPUT_BYTES = 256 * KB
"""EventBridge Scheduler User Guide, "Quotas for Amazon EventBridge Scheduler": payload size."""


def check(call: Call) -> None:
    """Check a call.

    Raises:
        AwsError: AWS would refuse it.
    """
    given = call.parameters
    match call.service, call.operation:
        case "events", "PutEvents":
            _check_events(given["Entries"])
        case "secretsmanager", "CreateSecret" | "PutSecretValue":
            if text_size(given.get("SecretString", "")) > SECRET_BYTES:
                raise _too_long("secretString", SECRET_BYTES)
            if len(given.get("Name", "")) > SECRET_NAME:
                raise _too_long("name", SECRET_NAME)
        case "scheduler", "CreateSchedule" | "UpdateSchedule":
            if not SCHEDULE_NAME.fullmatch(given["Name"]):
                raise invalid(
                    "1 validation error detected: Value at 'name' failed to satisfy constraint:"
                    f" Member must satisfy regular expression pattern: {SCHEDULE_NAME.pattern}"
                )
            if text_size(given["Target"].get("Input", "")) > SCHEDULE_INPUT_BYTES:
                raise _too_long("target.input", SCHEDULE_INPUT_BYTES)


def _check_events(entries: list[dict[str, Any]]) -> None:
    if len(entries) > EVENTS_ENTRIES:
        raise _too_long("entries", EVENTS_ENTRIES)
    if sum(map(_event_size, entries)) >= EVENTS_BYTES:
        raise invalid("Total size of the entries in the request is over the limit.")


def _event_size(entry: dict[str, Any]) -> int:
    texts = [entry.get(name, "") for name in ("Source", "DetailType", "Detail")]
    size = sum(text_size(text) for text in (*texts, *entry.get("Resources", ())))
    return size + (_TIME_BYTES if "Time" in entry else 0)


def _too_long(what: str, limit: int) -> AwsError:
    return invalid(
        f"1 validation error detected: Value at '{what}' failed to satisfy constraint: Member must"
        f" have length less than or equal to {limit}"
    )
