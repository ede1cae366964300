"""Reports on requests, for logs and metrics. Nothing is decided by them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from push.dispatch.tasks import Dispatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from push.dispatch.request_messages import Ended
    from push.notifications.players import SkipReason
    from push.requests.models import Request


def log_fields(together: Sequence[Ended]) -> Iterator[dict[str, Any]]:
    """Yield the fields of log lines about the requests that were dispatched: one line for all that
    have an app, a state before and numbers of skipped players in common."""
    alike: dict[Any, list[str]] = {}
    for request, result in _dispatched(together):
        key = (request.app_id, result.before, tuple(result.skipped.items()))
        alike.setdefault(key, []).append(request.notification_id)
    for (app_id, before, skipped), ids in alike.items():
        yield {
            **({"notification_id": ids[0]} if len(ids) == 1 else {"notification_ids": ids}),
            "app_id": app_id,
            **({"state_before": before} if before else {}),
            **({"skipped": dict(skipped)} if skipped else {}),  # of each of them
        }


def names(ended: Ended) -> dict[str, str]:
    """Return the fields that name a message and its request in log lines."""
    found = {"message_id": ended.message_id}
    if ended.request is not None:
        found["app_id"] = ended.request.app_id
        found["notification_id"] = ended.request.notification_id
    return found


def count_skipped(together: Sequence[Ended]) -> Counter[SkipReason]:
    """Return how many players were skipped, by reason."""
    counts: Counter[SkipReason] = Counter()
    for _, result in _dispatched(together):
        counts.update(result.skipped)
    return counts


def _dispatched(together: Sequence[Ended]) -> Iterator[tuple[Request, Dispatched]]:
    for each in together:
        if each.request is not None and isinstance(each.result, Dispatched):
            yield each.request, each.result
