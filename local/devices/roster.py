"""The devices on the page: who is signed in on each, what the game does, what was done there."""

from __future__ import annotations

import contextlib
import re
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.demo.scenario import APP, AUDIENCE, PACKAGE_SID
from local.devices.errors import DevicesError
from local.devices.page_device import PageDevice
from local.devices.samples import TOPIC
from local.devices.views import device_view
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.devices.backend import Answer, Backend
    from local.devices.game import Game
    from local.devices.page_device import GameState
    from local.wns_emulator.control.client import EmulatorControl

MOST_DEVICES = 12
TILE_SIZE = "wide"
CHANNEL_AGE_SECONDS = 31 * 24 * 3600


class Roster:
    """All devices on the page. Each method may be called from any thread."""

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
        self._clock = clock
        self._devices: dict[str, PageDevice] = {}
        self._lock = threading.RLock()
        self.has_presence: bool | None = None
        """Whether the API knows presence; None until a device has told."""

    def add(self, player: str, name: str) -> dict[str, Any]:
        """Puts a device on the page, signs its player in and registers its channel.

        Raises: DevicesError where there are enough, or the game cannot be set up.
        """
        self._game.prepare()
        with self._lock:
            if len(self._devices) >= MOST_DEVICES:
                raise DevicesError(
                    "too_many", f"{MOST_DEVICES} devices are enough: remove one", 409
                )
            device = PageDevice(self._free_id(name), name, player)
            self._wns.put_device(device.device_id)
            self._devices[device.device_id] = device
        self.sign_in(device.device_id, player)
        self._wns.set_tile(device.device_id, size=TILE_SIZE, app=PACKAGE_SID)
        return self.view(device.device_id)

    def remove(self, device_id: str) -> None:
        """Throws the PC away: signs the player out first."""
        device = self._get(device_id)
        if device.signed_in:
            self.sign_out(device_id)
        with self._lock:
            self._devices.pop(device_id, None)
        self._wns.remove_device(device_id)
        self._publish("gone", {"device_id": device_id})

    def sign_in(self, device_id: str, player: str) -> None:
        """Gets the player's token from the issuer, and registers a channel with it."""
        device = self._get(device_id)
        device.player = player
        self.register(device_id)

    def register(self, device_id: str) -> None:
        """Asks Windows for a channel and registers it with the API, as a starting game does."""
        device = self._get(device_id)
        channel = self._wns.create_channel(app=PACKAGE_SID, device_id=device_id)
        device.channel_id = channel.channel_id
        body: dict[str, Any] = {
            "channel_uri": channel.channel_uri,
            "locale": "en-US",
            "app_version": "1.0",
        }
        if self._game.has_topics is not False:
            answer = self._call_api(device, "PUT", "", body | {"topics": [TOPIC]})
            self._game.has_topics = not answer.complains_about("topics")
        if not self._game.has_topics:
            answer = self._call_api(device, "PUT", "", body)
        device.signed_in = answer.ok
        self._tell_answer(device, "PUT", "", answer, f"channel on {_host(channel.channel_uri)}")
        if answer.ok:
            self.play(device_id, device.game)

    def sign_out(self, device_id: str) -> None:
        """Removes the channel from the API, as a game does when its player signs out."""
        device = self._get(device_id)
        answer = self._call_api(device, "DELETE", "")
        device.signed_in = not answer.ok
        self._tell_answer(device, "DELETE", "", answer, f"{device.player} has signed out")

    def switch(self, device_id: str, *, on: bool) -> None:
        self._get(device_id)
        (self._wns.connect_device if on else self._wns.disconnect_device)(device_id)

    def play(self, device_id: str, game: GameState) -> None:
        """Closes the game, leaves it in the background or puts it in front, and says so to the API
        where that has presence."""
        device = self._get(device_id)
        was_in_front = device.game == "front"
        device.game = game
        self._wns.set_app_running(device_id, running=game != "closed", app=PACKAGE_SID)
        if device.signed_in and (game == "front" or was_in_front or self.has_presence is None):
            self._tell_presence(device)
        self._changed(device)

    def expire(self, device_id: str) -> None:
        """Makes the device's channel 31 days old."""
        device = self._get(device_id)
        if device.channel_id is not None:
            self._wns.age_channel(device.channel_id, CHANNEL_AGE_SECONDS)
            self._tell(
                device, "31 days pass: the channel has expired, Windows says nothing", ok=False
            )

    def dismiss(self, device_id: str, message_id: str | None) -> None:
        """The player takes one toast out of the notification centre, or clears it."""
        device = self._get(device_id)
        if message_id is None:
            self._wns.dismiss_toasts(device_id)
            device.dismissed.clear()
        else:
            device.dismissed.add(message_id)
            self._changed(device)

    def allow_notifications(self, device_id: str, *, on: bool) -> None:
        """The player lets the game notify, or not, in the settings of Windows."""
        self._get(device_id)
        self._wns.set_notifications_enabled(device_id, enabled=on, app=PACKAGE_SID)

    def pin(self, device_id: str, *, size: str, queue: bool) -> None:
        """Pins the tile in this size; `queue` lets it cycle through the last five."""
        self._get(device_id)
        self._wns.set_tile(device_id, size=size, queue=queue, app=PACKAGE_SID)

    def tell_press(self, device_id: str, text: str) -> None:
        """Notes what the game received when something was pressed."""
        self._tell(self._get(device_id), text, ok=True)

    def view(self, device_id: str) -> dict[str, Any]:
        """What the page shows of a device."""
        shown = device_view(self._get(device_id), self._wns.device(device_id))
        return shown | {"has_presence": self.has_presence is not False}

    def views(self) -> list[dict[str, Any]]:
        """What the page shows of every device; one that is just being removed is left out."""
        views = []
        for device_id in list(self._devices):
            with contextlib.suppress(DevicesError, ControlError):
                views.append(self.view(device_id))
        return views

    def players(self, chosen: str | None) -> list[str]:
        """The chosen player, or every one that has a device here.

        Raises: DevicesError where there is no device yet.
        """
        players = sorted({device.player for device in list(self._devices.values())})
        if not players:
            raise DevicesError("no_device", "add a device first: there is nobody to send to", 409)
        return [chosen] if chosen else players

    def _tell_presence(self, device: PageDevice) -> None:
        if self.has_presence is False:
            return
        in_game = device.game == "front"
        answer = self._call_api(device, "PUT", "/presence", {"in_game": in_game})
        first_time, self.has_presence = self.has_presence is None, not answer.is_without_route
        if self.has_presence and not first_time:
            told = f"in the game: {'yes' if in_game else 'no'}"
            self._tell_answer(device, "PUT", "/presence", answer, told)

    def _call_api(
        self, device: PageDevice, method: str, suffix: str, body: object = None
    ) -> Answer:
        token = self._backend.player_token(device.player, AUDIENCE)
        path = f"/apps/{APP}/channels/{device.device_id}{suffix}"
        return self._backend.as_player(token, method, path, body)

    def _tell_answer(
        self, device: PageDevice, method: str, suffix: str, answer: Answer, about: str
    ) -> None:
        path = f"/apps/{APP}/channels/{device.device_id}{suffix}"
        said = about if answer.ok else answer.fault
        self._tell(device, f"{method} {path} answers {answer.status}: {said}", ok=answer.ok)

    def _tell(self, device: PageDevice, text: str, *, ok: bool) -> None:
        step = {"at": self._clock(), "text": text, "ok": ok}
        device.steps.append(step)
        self._publish("step", {"device_id": device.device_id, **step})
        self._changed(device)

    def _changed(self, device: PageDevice) -> None:
        self._publish("device", {"device_id": device.device_id})

    def _get(self, device_id: str) -> PageDevice:
        device = self._devices.get(device_id)
        if device is None:
            raise DevicesError(
                "unknown_device", f"there is no device '{device_id}' here", HTTPStatus.NOT_FOUND
            )
        return device

    def _free_id(self, name: str) -> str:
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")[:40] or "pc"
        taken = self._devices.keys() | {one["device_id"] for one in self._wns.devices()}
        number = 1
        while (device_id := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return device_id


def _host(channel_uri: str) -> str:
    return channel_uri.split("/")[2]
