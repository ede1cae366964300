"""The control port: every control over HTTP with JSON, and what happens as server-sent events."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local.wns_emulator.errors import ControlError
from local.wns_emulator.loopback_guard import LoopbackGuard
from local.wns_emulator.operations import READING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from local.wns_emulator.events import Events
    from local.wns_emulator.operations import Operations

PAUSE_SECONDS = 15.0
LARGEST_CALL = 256 * 1024
NOT_FOUND = {"unknown_control", "unknown_app", "unknown_channel", "unknown_device"}


def control_app(operations: Operations, events: Events, ca_file: str) -> Starlette:
    """The ASGI app of the control port."""

    async def index(_: Request) -> Response:
        return JSONResponse(
            {
                "controls": operations.describe(),
                "addresses": operations.call("addresses", {}),
                "events": "/events",
                "certificate_authority": "/ca.pem",
            }
        )

    async def change(request: Request) -> Response:
        if int(request.headers.get("content-length", LARGEST_CALL + 1)) > LARGEST_CALL:
            return _error(413, "too_long", f"send at most {LARGEST_CALL} bytes, with their length")
        try:
            arguments = json.loads(await request.body() or b"{}")
        except ValueError:
            return _error(400, "not_json", "the body is not JSON")
        if not isinstance(arguments, dict):
            return _error(400, "not_an_object", "the body must be a JSON object of arguments")
        return await run(request.path_params["name"], arguments)

    async def look(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in READING:
            return _error(405, "post_only", f"{name} changes things: use POST with a JSON body")
        return await run(name, dict(request.query_params))

    async def run(name: str, arguments: dict[str, Any]) -> Response:
        try:
            result = operations.call(name, arguments)
            if inspect.isawaitable(result):
                result = await result
        except ControlError as error:
            return _error(404 if error.code in NOT_FOUND else 422, error.code, str(error))
        return JSONResponse(result)

    async def stream(request: Request) -> Response:
        text = request.headers.get("last-event-id") or request.query_params.get("after") or ""
        after = int(text) if text.isascii() and text.isdigit() else events.last_number
        return StreamingResponse(
            _lines(events, after),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def certificate(_: Request) -> Response:
        return FileResponse(ca_file, media_type="application/x-pem-file")

    app = Starlette(
        routes=[
            Route("/", index),
            Route("/ca.pem", certificate),
            Route("/events", stream),
            Route("/control/{name}", change, methods=["POST"]),
            Route("/control/{name}", look, methods=["GET"]),
        ]
    )
    app.add_middleware(LoopbackGuard)
    return app


async def _lines(events: Events, after: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for event in events.follow(after, PAUSE_SECONDS):
        if event is None:
            yield ": still here\n\n"
        else:
            yield f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"


def _error(status: int, code: str, message: str) -> JSONResponse:
    content = {"error": {"code": code, "message": message, "details": []}}
    return JSONResponse(content, status_code=status)
