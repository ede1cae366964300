"""The devices on the page."""

from __future__ import annotations

import contextlib
import re
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.demo.scenario import APP, DEVICE, PACKAGE_SID, PLAYER
from local.devices.errors import DevicesError
from local.devices.game_client import GameClient
from local.devices.page_device import PageDevice
from local.devices.steps import Steps
from local.devices.views import device_view
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.devices.backend import Backend
    from local.devices.game import Game
    from local.devices.page_device import GameState
    from local.wns_emulator.control.client import EmulatorControl
    from local.wns_emulator.control.views import DeviceView

MAX_DEVICES = 12
TILE_SIZE = "wide"
CHANNEL_AGE_SECONDS = 31 * 24 * 3600
DEMO_DEVICE_NAME = "Sam's PC"


class Roster:
    """All devices on the page. Thread-safe."""

    def __init__(
        self,
        backend: Backend,
        wns: EmulatorControl,
        game: Game,
        publish: Callable[[str, dict[str, Any]], None],
        clock: Callable[[], float],
    ) -> None:
        self._backend = backend
        self._wns = wns
        self._game = game
        self._publish = publish
        self._steps = Steps(publish, clock)
        self._client = GameClient(backend, wns, game, self._steps, clock)
        self._devices: dict[str, PageDevice] = {}
        self._lock = threading.RLock()

    def add(self, player: str, name: str) -> dict[str, Any]:
        """Add a device, sign its player in and register its channel.

        Raises:
            DevicesError: there are too many devices, or the game cannot be set up.
        """
        self._game.prepare()
        with self._lock:
            if len(self._devices) >= MAX_DEVICES:
                raise DevicesError(
                    "too_many", f"there are {MAX_DEVICES} devices, the maximum: remove one", 409
                )
            device = PageDevice(self._free_id(name), name, player)
            self._wns.put_device(device.device_id)
            self._devices[device.device_id] = device
        self.sign_in(device.device_id, player)
        self._wns.set_tile(device.device_id, size=TILE_SIZE, app=PACKAGE_SID)
        return self.view(device.device_id)

    def remove(self, device_id: str) -> None:
        """Sign the player out and remove the device."""
        device = self._get(device_id)
        if device.signed_in:
            self.sign_out(device_id)
        with self._lock:
            self._devices.pop(device_id, None)
        self._wns.remove_device(device_id)
        self._publish("gone", {"device_id": device_id})

    def sign_in(self, device_id: str, player: str) -> None:
        """Sign a player in and register a channel for them."""
        device = self._get(device_id)
        device.player = player
        self.register(device_id)

    def register(self, device_id: str) -> None:
        """Request a channel from Windows and register it with the API, as a game does at start."""
        self._client.register(self._get(device_id))

    def sign_out(self, device_id: str) -> None:
        """Remove the channel through the API, as a game does when its player signs out."""
        self._client.sign_out(self._get(device_id))

    def switch(self, device_id: str, *, on: bool) -> None:
        self._get(device_id)
        (self._wns.connect_device if on else self._wns.disconnect_device)(device_id)

    def play(self, device_id: str, game: GameState) -> None:
        """Set the state of the game, and report presence if the API supports it."""
        self._client.play(self._get(device_id), game)

    def expire(self, device_id: str) -> None:
        """Make the device's channel 31 days old."""
        device = self._get(device_id)
        if device.channel_id is not None:
            self._wns.age_channel(device.channel_id, CHANNEL_AGE_SECONDS)
            self._steps.record(
                device, "31 days pass: the channel has expired, Windows says nothing", ok=False
            )

    def dismiss(self, device_id: str, message_id: str | None) -> None:
        """Remove one toast from the notification centre, or all of them."""
        device = self._get(device_id)
        if message_id is None:
            self._wns.dismiss_toasts(device_id)
            device.dismissed.clear()
        else:
            device.dismissed.add(message_id)
            self._steps.changed(device)

    def allow_notifications(self, device_id: str, *, on: bool) -> None:
        """Set whether the player lets the game notify."""
        self._get(device_id)
        self._wns.set_notifications_enabled(device_id, enabled=on, app=PACKAGE_SID)

    def pin(self, device_id: str, *, size: str, queue: bool) -> None:
        """Pin the tile in this size; `queue` makes it cycle through the last five."""
        self._get(device_id)
        self._wns.set_tile(device_id, size=size, queue=queue, app=PACKAGE_SID)

    def record_press(self, device_id: str, text: str) -> None:
        """Record what the game received when a button or toast was pressed."""
        self._steps.record(self._get(device_id), text, ok=True)

    def report(self, device_id: str, kind: str, arguments: str, inputs: dict[str, str]) -> None:
        """Report to the API what the player did with a tracked toast, as a game does."""
        self._client.report(self._get(device_id), kind, arguments, inputs)

    def record_received(self, detail: dict[str, Any]) -> None:
        """Record what the game's server has received of a device's player."""
        given = detail["action"] or detail["kind"]
        inputs = "".join(f', {name} = "{value}"' for name, value in detail["inputs"].items())
        text = f"The game's server receives from {detail['player_id']}: {given}{inputs}"
        self._steps.record(self._get(detail["device_id"]), text, ok=True)

    def receive(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """Act on an event of the emulator; return what the pages get of it.

        A game in front cancels its toast and shows the news itself, as the client guide says. The
        demo's own device is adopted as soon as it has a channel.
        """
        device_id = data.get("device_id")
        if kind == "channel" and device_id == DEVICE and device_id not in self._devices:
            self._adopt()
        device = self._devices.get(str(device_id))
        if kind == "toast" and device is not None and device.game == "front":
            device.dismissed.add(data["message_id"])
            return data | {"in_game": True}
        return data

    def view(self, device_id: str) -> dict[str, Any]:
        """Return what the page shows of a device."""
        device, seen = self._get(device_id), self._wns.device(device_id)
        if device.is_adopted:
            self._follow_adopted(device, seen)
        shown = device_view(device, seen)
        return shown | {"has_presence": self._client.has_presence is not False}

    def views(self) -> list[dict[str, Any]]:
        """Return what the page shows of every device, except one that is just being removed."""
        views = []
        for device_id in list(self._devices):
            with contextlib.suppress(DevicesError, ControlError):
                views.append(self.view(device_id))
        return views

    def players(self, chosen: str | None) -> list[str]:
        """Return the chosen player, or all players with a device here.

        Raises:
            DevicesError: there is no device.
        """
        players = sorted({device.player for device in list(self._devices.values())})
        if not players:
            raise DevicesError("no_device", "there is no device to send to: add one first", 409)
        return [chosen] if chosen else players

    def _adopt(self) -> None:
        device = PageDevice(DEVICE, DEMO_DEVICE_NAME, PLAYER, is_adopted=True)
        self._devices[DEVICE] = device
        self._steps.record(
            device, "The demo and the lines of make run register this device", ok=True
        )

    def _follow_adopted(self, device: PageDevice, seen: DeviceView) -> None:
        """Note the newest channel, and whether the API knows the device."""
        if seen.channels:
            device.channel_id = seen.channels[-1].channel_id
        reply = self._backend.as_operator("GET", f"/apps/{APP}/players/{device.player}")
        if reply.ok:
            known = reply.content.get("devices", [])
            device.signed_in = any(one["device_id"] == device.device_id for one in known)

    def _get(self, device_id: str) -> PageDevice:
        device = self._devices.get(device_id)
        if device is None:
            raise DevicesError(
                "unknown_device",
                f"there is no device '{device_id}' on this page",
                HTTPStatus.NOT_FOUND,
            )
        return device

    def _free_id(self, name: str) -> str:
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")[:40] or "pc"
        taken = self._devices.keys() | {one["device_id"] for one in self._wns.devices()}
        number = 1
        while (device_id := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return device_id
