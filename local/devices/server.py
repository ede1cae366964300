"""The page's routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import requests
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from local.devices.errors import DevicesError
from local.devices.page_device import GameState
from local.devices.page_guard import PageGuard
from local.devices.views import event_view
from local.wns_emulator.control.event_stream import event_stream
from local.wns_emulator.control.loopback_guard import LoopbackGuard, error_response
from local.wns_emulator.errors import ControlError
from pushctl.console import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from local.devices.game import Game
    from local.devices.relay import Relay
    from local.devices.roster import Roster
    from local.wns_emulator.control.client import EmulatorControl

STATIC = Path(__file__).with_name("static")
LARGEST_BODY = 64 * 1024
REQUESTS_SHOWN = 60

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Player = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewDevice(Body):
    player: Player
    name: Name


class SignIn(Body):
    player: Player


class Switch(Body):
    on: bool


class Play(Body):
    game: GameState


class Dismiss(Body):
    message_id: str | None = None


class Pin(Body):
    size: str
    queue: bool = False


class Press(Body):
    text: Annotated[str, StringConstraints(max_length=2000)]
    kind: Literal["opened", "dismissed", "action"] | None = None
    arguments: Annotated[str, StringConstraints(max_length=1024)] = ""
    inputs: dict[str, str] = {}


class SendSample(Body):
    sample: str
    parameters: dict[str, str] = {}
    player: Player | None = None
    road: Literal["bus", "api"] = "bus"


class SendOwn(Body):
    notification: dict[str, Any]
    player: Player | None = None


class DevicesServer:
    """Serves the page; each action is a `POST` with JSON that returns when it is complete."""

    def __init__(self, roster: Roster, game: Game, wns: EmulatorControl, relay: Relay) -> None:
        self._roster = roster
        self._game = game
        self._wns = wns
        self._relay = relay

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/api/state", self._state),
                Route("/api/events", self._events),
                Route("/api/devices", self._action(NewDevice, self._add), methods=["POST"]),
                Route("/api/send", self._action(SendSample, self._send_sample), methods=["POST"]),
                Route("/api/send-own", self._action(SendOwn, self._send_own), methods=["POST"]),
                Route("/api/devices/{device_id}", self._device),
                *(
                    Route(
                        f"/api/devices/{{device_id}}/{name}",
                        self._action(body, act),
                        methods=["POST"],
                    )
                    for name, body, act in self._actions()
                ),
                Mount("/static/windows", StaticFiles(directory=WINDOWS)),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[Middleware(PageGuard), Middleware(LoopbackGuard)],
            exception_handlers={
                DevicesError: _refuse,
                ControlError: _refuse,
                requests.RequestException: _unreachable,
                BotoCoreError: _unreachable,
                ClientError: _unreachable,
            },
        )

    def _actions(self) -> list[tuple[str, type[Body], Callable[..., Any]]]:
        roster = self._roster
        return [
            ("sign-in", SignIn, lambda it, device_id: roster.sign_in(device_id, it.player)),
            ("sign-out", Body, lambda _, device_id: roster.sign_out(device_id)),
            ("register", Body, lambda _, device_id: roster.register(device_id)),
            ("switch", Switch, lambda it, device_id: roster.switch(device_id, on=it.on)),
            (
                "notifications",
                Switch,
                lambda it, device_id: roster.allow_notifications(device_id, on=it.on),
            ),
            ("play", Play, lambda it, device_id: roster.play(device_id, it.game)),
            ("expire", Body, lambda _, device_id: roster.expire(device_id)),
            ("dismiss", Dismiss, lambda it, device_id: roster.dismiss(device_id, it.message_id)),
            ("pin", Pin, lambda it, device_id: roster.pin(device_id, size=it.size, queue=it.queue)),
            ("press", Press, self._press),
            ("remove", Body, lambda _, device_id: roster.remove(device_id)),
        ]

    async def _page(self, _: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def _state(self, _: Request) -> Response:
        # Taken before the devices are read: the stream reports what changes meanwhile.
        cursor = self._relay.events.last_number
        state = await run_in_threadpool(self._whole_state)
        return JSONResponse({**state, "cursor": cursor})

    async def _device(self, request: Request) -> Response:
        cursor = self._relay.events.last_number
        view = await run_in_threadpool(self._roster.view, request.path_params["device_id"])
        return JSONResponse({**view, "cursor": cursor})

    async def _events(self, request: Request) -> Response:
        return event_stream(request, self._relay.events)

    def _action(self, body: type[Body], act: Callable[..., Any]) -> Callable[[Request], Any]:
        """Make a route that validates its body and runs `act(body, **path_params)` on a thread."""

        async def respond(request: Request) -> Response:
            if int(request.headers.get("content-length", LARGEST_BODY + 1)) > LARGEST_BODY:
                raise DevicesError("too_long", f"send at most {LARGEST_BODY} bytes", 413)
            try:
                given = body.model_validate_json(await request.body())
            except ValidationError as error:
                fault = error.errors(include_url=False)[0]
                name = ".".join(str(part) for part in fault["loc"]) or "body"
                raise DevicesError("not_valid", f"{name}: {fault['msg']}") from None
            done = await run_in_threadpool(act, given, **request.path_params)
            return JSONResponse(done or {})

        return respond

    def _press(self, given: Press, device_id: str) -> None:
        self._roster.record_press(device_id, given.text)
        if given.kind is not None:
            self._roster.report(device_id, given.kind, given.arguments, given.inputs)

    def _whole_state(self) -> dict[str, Any]:
        roster = self._roster
        seen = self._wns.requests()[-REQUESTS_SHOWN:]
        return {
            "game": self._game.view(),
            "art": sorted(path.stem for path in (STATIC / "art").iterdir()),
            "devices": roster.views(),
            "requests": [event_view("request", one) for one in seen],
        }

    def _add(self, given: NewDevice) -> dict[str, Any]:
        return self._roster.add(given.player, given.name)

    def _send_sample(self, given: SendSample) -> dict[str, Any]:
        players = self._roster.players(given.player)
        return self._game.send_sample(
            given.sample,
            given.parameters,
            players,
            may_use_topic=given.player is None,
            road=given.road,
        )

    def _send_own(self, given: SendOwn) -> dict[str, Any]:
        return self._game.send(given.notification, self._roster.players(given.player))


async def _refuse(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, DevicesError) else 422
    return error_response(status, getattr(error, "code", "refused"), str(error))


async def _unreachable(_: Request, error: Exception) -> Response:
    message = f"a server of the laptop stack does not respond: {error}"
    return error_response(502, "unreachable", message)
