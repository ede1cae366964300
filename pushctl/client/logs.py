"""The functions' logs, correlated."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from pushctl.client.aws import map_aws_errors
from pushctl.client.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pushctl.client.stack import Stack

_WORKERS = 8
_HIDDEN = frozenset(
    {"level", "message", "timestamp", "service", "location", "cold_start", "function_name"}
) | {
    "function_memory_size",
    "function_arn",
    "function_request_id",
    "xray_trace_id",
    "sampling_rate",
}


class LogLine(BaseModel):
    """A line of a function's log."""

    model_config = ConfigDict(frozen=True)

    at: float
    function: str
    level: str
    message: str
    fields: dict[str, Any] = {}


class LogLines(BaseModel):
    """Lines of all functions, oldest first."""

    model_config = ConfigDict(frozen=True)

    lines: list[LogLine]


def search_logs(
    stack: Stack,
    text: str | None,
    *,
    since_s: float = 24 * 3600,
    functions: Collection[str] = (),
    levels: Collection[str] = (),
    limit: int = 1000,
) -> LogLines:
    """Return the lines that contain a text, such as a notification's id, oldest first.

    Of what a line lists, such as all notifications of a batch, only what contains the text is
    returned.

    Args:
        text: None: every line.
        since_s: how far back, in seconds.
        functions: names such as `dispatcher`; none: every function.
        levels: such as `ERROR`; none: every level.
    """
    groups = {_function(name): group for name, group in stack.having("LogGroup").items()}
    unknown = set(functions) - groups.keys()
    if unknown:
        raise NotFoundError(
            f"there is no function {', '.join(sorted(unknown))}; there are"
            f" {', '.join(sorted(groups))}"
        )
    chosen = {name: groups[name] for name in (functions or groups)}
    start = int((time.time() - since_s) * 1000)
    client = stack.client("logs")
    found: list[LogLine] = []

    def search(name: str) -> Sequence[LogLine]:
        # In quotes, a pattern is a text and no expression (CloudWatch Logs, "Filter pattern
        # syntax").
        pattern = {} if text is None else {"filterPattern": json.dumps(text)}
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=chosen[name], startTime=start, **pattern
        )
        lines = [
            _line(name, event, text)
            for page in pages
            for event in page["events"]
            if text is None or text in event["message"]
        ]
        return [each for each in lines if not levels or each.level in levels]

    with map_aws_errors("read the logs"), ThreadPoolExecutor(_WORKERS) as pool:
        for lines in pool.map(search, chosen):
            found += lines
    return LogLines(lines=sorted(found, key=lambda each: each.at)[-limit:])


def _function(logical_id: str) -> str:
    """Return a function's name as its folder has it: TokenRefresher becomes token_refresher."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in logical_id).lstrip("_")


def _line(function: str, event: dict[str, Any], text: str | None) -> LogLine:
    written = str(event["message"]).strip()
    try:
        document = json.loads(written)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"message": written}
    return LogLine(
        at=event["timestamp"] / 1000,
        function=function,
        level=str(document.get("level", "")),
        message=str(document.get("message", written)),
        fields={key: _about(text, each) for key, each in document.items() if key not in _HIDDEN},
    )


def _about(text: str | None, value: Any) -> Any:
    """Return a field's value; of a list, only what contains the text, if anything does."""
    if text is None or not isinstance(value, list):
        return value
    return [each for each in value if text in str(each)] or value
