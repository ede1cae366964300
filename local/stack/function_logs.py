"""The functions' logs as files, beside those of the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.stack.aws import Aws

SUFFIX = "LogGroup"


def write_function_logs(aws: Aws, resources: Mapping[str, str], directory: Path) -> None:
    """Write each log group of the stack to `<logical id without LogGroup>.log`, in full.

    The emulator keeps CloudWatch Logs in memory, so they end with it.
    """
    logs = aws.client("logs")
    for logical_id, name in resources.items():
        if logical_id.endswith(SUFFIX):
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            lines = [event["message"].rstrip("\n") for page in pages for event in page["events"]]
            path = directory / f"{logical_id.removesuffix(SUFFIX)}.log"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
