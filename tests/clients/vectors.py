"""Runs the conformance vectors of `clients/vectors`: with the kit's drivers, and with the client of
the devices page.

Names in a vector are local to it: `anna`, `pc` and `uri-1` stand for a player, a device and a URI
of this run.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import requests

from tests.clients.front import Behaviour, Front
from tests.clients.kit import CLIENTS, Driver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.devices.roster import Roster

VECTORS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((CLIENTS / "vectors").glob("*.json"))
}
REPORTED = ("next", "events", "asks_about_battery", "shows_toasts")
RENEWAL_S = 15 * 24 * 3600


class World(Protocol):
    """What the vectors need of a backend and of Windows."""

    @property
    def app(self) -> str:
        """The app's id."""

    @property
    def backend_url(self) -> str:
        """Address of the API."""

    def create_channel(self, device: str) -> str:
        """Return a new channel URI of a device."""

    def token(self, player: str, kind: str) -> str:
        """Return a player's token: `valid`, `expired`, or `none`, which is an empty text."""

    def remove_channel(self, player: str, device: str) -> None:
        """Remove a channel behind the client's back."""


@dataclass(slots=True)
class KitRun:
    """One vector, run by a driver; `restart` opens a new client on the same storage."""

    language: str
    vector: dict[str, Any]
    world: World
    driver: Driver
    directory: Path
    real: dict[str, str] = field(default_factory=dict)
    """Real names by those of the vector."""
    _now: float = field(default_factory=lambda: float(int(time.time())))
    _is_open: bool = False

    def run(self) -> None:
        """Run all steps; each `run` must send, tell and return exactly what the vector says."""
        with Front(self.world.backend_url) as front:
            for number, step in enumerate(self.vector["steps"]):
                self._do(front, step, f"step {number} of {self.vector['name']}: {step}")
            assert not front.take_requests()

    def name(self, name: str) -> str:
        """Return the real name of a player or device."""
        return f"{self.language}-{self.vector['name']}-{name}"

    def channels(self) -> set[tuple[Any, ...]]:
        """Return the channels that must be registered in the end."""
        return {
            (
                self.name(each["player"]),
                self.name(each["device"]),
                self._uri(each["uri"]),
                tuple(each["topics"]),
            )
            for each in self.vector["channels"]
        }

    def _do(self, front: Front, step: dict[str, Any], place: str) -> None:
        what = step["do"]
        if what == "backend":
            front.behaviour = Behaviour.of(step)
        elif what == "backend_forgets":
            self.world.remove_channel(self.name(step["player"]), self.name("pc"))
        elif what == "restart":
            self._is_open = False
            self._now += step["after"]
        elif what == "run":
            self._check(front, step, self._send(front, {"do": "run"}), place)
        else:
            self._send(front, self._command(front, step))

    def _command(self, front: Front, step: dict[str, Any]) -> dict[str, Any]:
        command = dict(step)
        if "uri" in step:
            command["uri"] = self._uri(step["uri"])
        if step["do"] == "sign_in":
            # A player has a valid token unless the vector says otherwise.
            if f"token of {step['player']}" not in self.real:
                self._token(front, step["player"], "valid", "valid")
            command["player"] = self.name(step["player"])
        elif step["do"] == "token":
            return self._token(front, step["player"], step["token"], step.get("new", "none"))
        if step["do"] in {"advance", "set_clock"}:
            self._now += step["seconds"]
        return command

    def _token(self, front: Front, player: str, token: str, new: str) -> dict[str, Any]:
        real = self.name(player)
        command = {
            "do": "token",
            "player": real,
            "token": self.world.token(real, token),
            "new": self.world.token(real, new),
        }
        self.real[f"token of {player}"] = json.dumps(command)
        self._send(front, command)
        return command

    def _uri(self, name: str) -> str:
        if not name.startswith("uri-"):
            return name
        if name not in self.real:
            self.real[name] = self.world.create_channel(self.name("pc"))
        return self.real[name]

    def _send(self, front: Front, command: dict[str, Any]) -> dict[str, Any] | None:
        if not self._is_open:
            self._is_open = True
            self.driver.send(
                {
                    "do": "open",
                    "api_url": front.url,
                    "app": self.world.app,
                    "device": self.name("pc"),
                    "storage": str(self.directory / self.name("state")),
                    "now": self._now,
                }
            )
            for name, token in list(self.real.items()):
                if name.startswith("token of "):
                    self.driver.send(json.loads(token))
        return self.driver.send(command)

    def _check(
        self, front: Front, step: dict[str, Any], reply: dict[str, Any] | None, place: str
    ) -> None:
        sent = [self._as_named(each) for each in front.take_requests()]
        expected = step["requests"]
        assert len(sent) == len(expected), f"{place}\nsent: {sent}"
        for request, wanted in zip(sent, expected, strict=True):
            assert {name: request[name] for name in ("method", "path", "player")} == {
                name: wanted[name] for name in ("method", "path", "player")
            }, place
            body = request["body"] or {}
            for name, value in (wanted.get("body") or {}).items():
                assert body.get(name) == value, f"{place}\nsent: {body}"
        if step.get("crashes"):
            assert reply is None, place
            self._is_open = False
            return
        assert reply is not None, place
        for event, wanted in zip(reply["events"], step["events"], strict=False):
            shown = event["kind"] if isinstance(wanted, str) else event
            assert shown == wanted, f"{place}\ntold: {reply['events']}"
        assert len(reply["events"]) == len(step["events"]), f"{place}\ntold: {reply['events']}"
        for name in {*REPORTED} & {*step} - {"events"}:
            assert reply[name] == step[name], f"{place}\nreturned: {reply}"

    def _as_named(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request with the vector's names."""
        text = json.dumps(request).replace(f"/apps/{self.world.app}", "")
        for name, real in self.real.items():
            if name.startswith("uri-"):
                text = text.replace(json.dumps(real)[1:-1], name)
        named: dict[str, Any] = json.loads(text.replace(self.name(""), ""))
        for each in (named["body"] or {}).get("interactions", ()):
            assert abs(each.pop("at") - self._now) <= RENEWAL_S
        return named


@dataclass(slots=True)
class PageRun:
    """One vector, run by the client of the devices page.

    It repeats a failed call with the next `run`, stores nothing, registers at each start and counts
    no pauses. So only its results are compared.
    """

    vector: dict[str, Any]
    roster: Roster
    remove_channel: Callable[[str, str], None]
    front: Front
    _device: str = ""
    _player: str | None = None
    _todo: list[Callable[[], bool]] = field(default_factory=list)

    def run(self) -> None:
        for step in self.vector["steps"]:
            self._do(step)
        self.front.behaviour = Behaviour()
        self._work()

    def name(self, name: str) -> str:
        return f"page-{self.vector['name']}-{name}"

    def channels(self) -> set[tuple[str, str]]:
        return {(self.name(each["player"]), self._device) for each in self.vector["channels"]}

    def _do(self, step: dict[str, Any]) -> None:
        match step["do"]:
            case "backend":
                self.front.behaviour = Behaviour.of(step)
            case "backend_forgets":
                self.remove_channel(self.name(step["player"]), self._device)
                self._todo.append(self._register)
            case "sign_in":
                if self._player not in {None, step["player"]}:
                    self._todo.append(self._sign_out)
                self._player = step["player"]
                self._todo.append(self._register)
            case "sign_out":
                self._player = None
                self._todo.append(self._sign_out)
            case "revoke":
                self._todo.append(self._register)
            case "run":
                self._work()

    def _work(self) -> None:
        while self._todo:
            try:
                if not self._todo[0]():
                    return
            except requests.RequestException:
                return
            self._todo.pop(0)

    def _register(self) -> bool:
        if self._player is None:
            return True
        player = self.name(self._player)
        if not self._device:
            try:
                self._device = self.roster.add(player, self.name("pc"))["device_id"]
            except requests.RequestException:
                self._device = self.roster.views()[0]["device_id"]
                raise
        else:
            self.roster.sign_in(self._device, player)
        return bool(self.roster.view(self._device)["signed_in"])

    def _sign_out(self) -> bool:
        self.roster.sign_out(self._device)
        return not self.roster.view(self._device)["signed_in"]
