"""The control port: every control over HTTP with JSON, and the events as a stream."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from local.wns_emulator.control.declaration import CONTROLS
from local.wns_emulator.control.event_stream import event_stream
from local.wns_emulator.control.loopback_guard import LoopbackGuard, error_response
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.wns_emulator.control.controls import ControlRunner
    from local.wns_emulator.state.events import Events

LARGEST_CALL = 256 * 1024
NOT_FOUND = {"unknown_control", "unknown_app", "unknown_channel", "unknown_device"}


class ControlApi:
    """The routes. A control is `POST /control/{name}`; a query also takes GET."""

    def __init__(self, runner: ControlRunner, events: Events, ca_file: str) -> None:
        self._runner = runner
        self._events = events
        self._ca_file = ca_file

    def app(self) -> Starlette:
        """The ASGI app of the control port."""
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/ca.pem", self._certificate),
                Route("/events", self._stream),
                Route("/control/{name}", self._post, methods=["POST"]),
                Route("/control/{name}", self._query, methods=["GET"]),
            ],
            middleware=[Middleware(LoopbackGuard)],
        )

    async def _index(self, _: Request) -> Response:
        return JSONResponse(
            {
                "controls": {name: each.parameters for name, each in sorted(CONTROLS.items())},
                "addresses": self._runner.addresses(),
                "events": "/events",
                "certificate_authority": "/ca.pem",
            }
        )

    async def _post(self, request: Request) -> Response:
        if int(request.headers.get("content-length", LARGEST_CALL + 1)) > LARGEST_CALL:
            return error_response(
                413, "too_long", f"send at most {LARGEST_CALL} bytes, with their length"
            )
        try:
            arguments = json.loads(await request.body() or b"{}")
        except (ValueError, RecursionError):
            return error_response(400, "not_json", "the body is not JSON")
        if not isinstance(arguments, dict):
            return error_response(
                400, "not_an_object", "the body must be a JSON object of arguments"
            )
        return await self._run(request.path_params["name"], arguments)

    async def _query(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name in CONTROLS and not CONTROLS[name].is_query:
            return error_response(
                405, "post_only", f"{name} changes state: use POST with a JSON body"
            )
        return await self._run(name, dict(request.query_params))

    async def _run(self, name: str, arguments: dict[str, Any]) -> Response:
        try:
            result = self._runner.call(name, **arguments)
            if inspect.isawaitable(result):
                result = await result
        except ControlError as error:
            return error_response(404 if error.code in NOT_FOUND else 422, error.code, str(error))
        return JSONResponse(to_jsonable_python(result))

    async def _stream(self, request: Request) -> Response:
        return event_stream(request, self._events)

    async def _certificate(self, _: Request) -> Response:
        return FileResponse(self._ca_file, media_type="application/x-pem-file")
