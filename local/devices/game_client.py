"""What the game does on a device: it registers channels, and reports presence and interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.demo.scenario import APP, AUDIENCE, PACKAGE_SID
from local.devices.interactions import interaction_of
from local.devices.samples import TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.devices.backend import Backend, Reply
    from local.devices.game import Game
    from local.devices.page_device import GameState, PageDevice
    from local.devices.steps import Steps
    from local.wns_emulator.control.client import EmulatorControl


class GameClient:
    """The game on every device of the page."""

    def __init__(
        self,
        backend: Backend,
        wns: EmulatorControl,
        game: Game,
        steps: Steps,
        clock: Callable[[], float],
    ) -> None:
        self._backend = backend
        self._wns = wns
        self._game = game
        self._steps = steps
        self._clock = clock
        self.has_presence: bool | None = None
        """Whether the API supports presence; None until a device has tried."""

    def register(self, device: PageDevice) -> None:
        """Request a channel from Windows and register it with the API, as a game does at start."""
        channel = self._wns.create_channel(app=PACKAGE_SID, device_id=device.device_id)
        device.channel_id = channel.channel_id
        body: dict[str, Any] = {
            "channel_uri": channel.channel_uri,
            "locale": "en-US",
            "app_version": "1.0",
        }
        if self._game.has_topics is not False:
            reply = self._call_api(device, "PUT", "", body | {"topics": [TOPIC]})
            self._game.has_topics = not reply.rejects("topics")
        if not self._game.has_topics:
            reply = self._call_api(device, "PUT", "", body)
        device.signed_in = reply.ok
        self._record_reply(device, "PUT", "", reply, f"channel on {_host(channel.channel_uri)}")
        if reply.ok:
            self.play(device, device.game)

    def sign_out(self, device: PageDevice) -> None:
        """Remove the channel through the API, as a game does when its player signs out."""
        reply = self._call_api(device, "DELETE", "")
        device.signed_in = not reply.ok
        self._record_reply(device, "DELETE", "", reply, f"{device.player} has signed out")

    def play(self, device: PageDevice, game: GameState) -> None:
        """Set the state of the game, and report presence if the API supports it."""
        was_in_front = device.game == "front"
        device.game = game
        self._wns.set_app_running(device.device_id, running=game != "closed", app=PACKAGE_SID)
        if device.signed_in and (game == "front" or was_in_front or self.has_presence is None):
            self._report_presence(device)
        self._steps.changed(device)

    def report(self, device: PageDevice, kind: str, arguments: str, inputs: dict[str, str]) -> None:
        """Report to the API what the player did with a tracked toast, as a game does."""
        interaction = interaction_of(kind, arguments, inputs)
        if interaction is None:
            return
        interaction |= {"device_id": device.device_id, "at": int(self._clock())}
        token = self._backend.player_token(device.player, AUDIENCE)
        path = f"/apps/{APP}/interactions"
        reply = self._backend.as_player(token, "POST", path, {"interactions": [interaction]})
        results = reply.content.get("results", [])
        about = ", ".join(each["reason"] or each["status"] for each in results)
        text = about if reply.ok else reply.reason
        self._steps.record(device, f"POST {path} answers {reply.status}: {text}", ok=reply.ok)

    def _report_presence(self, device: PageDevice) -> None:
        if self.has_presence is False:
            return
        in_game = device.game == "front"
        reply = self._call_api(device, "PUT", "/presence", {"in_game": in_game})
        first_time, self.has_presence = self.has_presence is None, not reply.is_without_route
        if self.has_presence and not first_time:
            presence = f"in the game: {'yes' if in_game else 'no'}"
            self._record_reply(device, "PUT", "/presence", reply, presence)

    def _call_api(self, device: PageDevice, method: str, suffix: str, body: object = None) -> Reply:
        token = self._backend.player_token(device.player, AUDIENCE)
        path = f"/apps/{APP}/channels/{device.device_id}{suffix}"
        return self._backend.as_player(token, method, path, body)

    def _record_reply(
        self, device: PageDevice, method: str, suffix: str, reply: Reply, about: str
    ) -> None:
        path = f"/apps/{APP}/channels/{device.device_id}{suffix}"
        text = about if reply.ok else reply.reason
        self._steps.record(device, f"{method} {path} answers {reply.status}: {text}", ok=reply.ok)


def _host(channel_uri: str) -> str:
    return channel_uri.split("/")[2]
