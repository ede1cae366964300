"""Events as server-sent events over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from local.wns_emulator.state.events import Events

PAUSE_SECONDS = 15.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event_stream(request: Request, events: Events) -> StreamingResponse:
    """Stream the events after `Last-Event-ID` or `?after=`, or else the new ones."""
    text = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(2**63))
    # A number above the newest is from before a restart: that reader gets the new events.
    after = min(int(text), events.last_number) if is_number else events.last_number
    return StreamingResponse(_lines(events, after), media_type="text/event-stream", headers=HEADERS)


async def _lines(events: Events, after: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for event in events.follow(after, PAUSE_SECONDS):
        if event is None:
            yield ": still here\n\n"
        else:
            yield f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"
