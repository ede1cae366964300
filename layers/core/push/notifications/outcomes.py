"""Outcome records: what is kept of a response of WNS, and how it is stored."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wns.result import SendResult

OUTCOME_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "OutcomeRecord",
    "properties": {
        "outcome": {
            "type": "string",
            "enum": [*map(str, Outcome), "cancelled", "removed"],
            "description": "What it means for the player: docs/api.md",
        },
        "attempt": {"type": "integer", "description": "Attempt of the delivery, from 0"},
        "at": {"type": "integer", "description": "Epoch seconds"},
        "status_code": {"type": "integer", "description": "HTTP status of WNS"},
        "notification_status": {"type": "string", "description": "X-WNS-NotificationStatus"},
        "device_status": {"type": "string", "description": "X-WNS-DeviceConnectionStatus"},
        "msg_id": {"type": "string", "description": "X-WNS-Msg-ID, for Microsoft's support"},
        "debug_trace": {"type": "string"},
        "correlation_vector": {"type": "string"},
        "error_description": {"type": "string"},
        "transport_error": {"type": "string"},
    },
    "required": ["outcome", "attempt", "at"],
}
"""JSON schema of an outcome record, for documents only: what another version stored is shown as it
is."""

Outcomes = dict[str, dict[str, Any]]
"""Outcome records by name (`<player_id>#<device_id>#<kind>`); each holds `outcome`, `attempt`, `at`
(epoch seconds) and the details that WNS returned."""

CANCELLED = "cancelled"
"""Outcome of a recipient whose notification was cancelled before it was sent."""
REMOVED = "removed"
"""Outcome of a recipient whose channel was removed, or went to another player, before the send."""

_TRACES = frozenset({"debug_trace", "correlation_vector", "error_description", "transport_error"})
_OWN_DETAILS = _TRACES | {"msg_id"}
"""Details that differ from one recipient to the next; the others are stored once for many."""
_WINDOW_BITS, _MEM_LEVEL = 11, 5
_OF_DELIVERED = ("status_code", "notification_status", "device_status", "msg_id")
_OF_OTHERS = (
    *_OF_DELIVERED,
    *("debug_trace", "correlation_vector", "error_description", "transport_error"),
)
_PREFIX = "outcomes"


def outcome_record(result: SendResult) -> dict[str, Any]:
    """Return what is kept of a response: the outcome, and what Microsoft's support asks for.

    Of a delivered notification that is its message id; of any other also the traces.
    """
    is_delivered = result.outcome is Outcome.DELIVERED
    record: dict[str, Any] = {"outcome": result.outcome.value}
    for name in _OF_DELIVERED if is_delivered else _OF_OTHERS:
        value = getattr(result, name)
        if value is not None:
            record[name] = value
    return record


def encode_outcomes(outcomes: Outcomes) -> bytes:
    """Return the stored form of some outcome records: JSON, compressed.

    Recipients with the same outcome are grouped, `[[shared details, {name: own details}], …]`, so
    that a delivered recipient takes little more than its name and its message id: 25 of them fit
    in the kilobyte that one write unit pays for.
    """
    groups: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for name, record in outcomes.items():
        shared = record.copy()
        own: Any = shared.pop("msg_id", None)  # nearly always all that is a recipient's own
        if own is None or not _TRACES.isdisjoint(shared):
            shared = record.copy()
            own = {detail: shared.pop(detail) for detail in record.keys() & _OWN_DETAILS}
        for each, group in groups:
            if each == shared:
                group[name] = own
                break
        else:
            groups.append((shared, {name: own}))
    text = json.dumps(groups, separators=(",", ":"))
    # By default zlib prepares 256 KB, which takes longer than to compress these two.
    compressor = zlib.compressobj(wbits=_WINDOW_BITS, memLevel=_MEM_LEVEL)
    return compressor.compress(text.encode("ascii")) + compressor.flush()


def decode_outcomes(item: Mapping[str, Any]) -> Outcomes:
    """Return the outcome records in an item of a delivery's partition."""
    outcomes: Outcomes = {}
    for attribute, value in item.items():
        if attribute.startswith(_PREFIX):
            for shared, group in json.loads(zlib.decompress(bytes(value))):
                for name, own in group.items():
                    details = {"msg_id": own} if isinstance(own, str) else own
                    outcomes[name] = shared | details
    return outcomes
