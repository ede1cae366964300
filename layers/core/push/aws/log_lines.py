"""The lines of the functions' logs: JSON, short where nothing went wrong.

CloudWatch charges by the byte. What the logger adds to every line about the function and the place
in its code, most of the bytes of a line, serves those who look for a fault.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_FAULTS = {
    *("location", "cold_start", "xray_trace_id"),
    *("function_name", "function_arn", "function_memory_size"),
}
"""Fields that lines of the level INFO do without. `service` names the function there, and
`function_request_id` the invocation."""


def log_line(fields: Mapping[str, Any]) -> str:
    """Return a line of a log, to be Powertools' `json_serializer`."""
    if fields["level"] == "INFO":
        fields = {name: value for name, value in fields.items() if name not in _OF_FAULTS}
    return json.dumps(fields, default=str, separators=(",", ":"), ensure_ascii=False)
