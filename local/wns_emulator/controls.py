"""The controls as Python methods, whatever way they travel."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
LONG_POLL_SECONDS = 25.0


@dataclass(frozen=True)
class Channel:
    """A channel as Windows knows it; times are epoch seconds."""

    channel_id: str
    channel_uri: str
    app: str
    device_id: str
    tile_id: str | None
    created_at: int
    expires_at: int
    state: str
    held: list[str]


@dataclass(frozen=True)
class DeviceView:
    """What a device shows and has done; `docs/emulator.md` describes the entries."""

    device_id: str
    connection: str
    online: bool
    app_running: bool
    apps: dict[str, dict[str, Any]]
    toasts: list[dict[str, Any]]
    badge: str | None
    tile: dict[str, Any] | None
    raw: list[dict[str, Any]]
    sounds: list[str]
    discarded: list[dict[str, Any]]
    arrived: dict[str, int]
    channels: list[Channel]


class Controls(ABC):
    """All controls. Each returns when it is done; all may be called from any thread.

    Every method raises `ControlError` where the emulator refuses.
    """

    @abstractmethod
    def call(self, name: str, **arguments: Any) -> Any:
        """Run the control of that name; arguments that are None count as not given."""

    def put_app(
        self, *, package_sid: str, client_secret: str, package_family_name: str | None = None
    ) -> dict[str, Any]:
        """Register an app with Package SID and secret, or give it a new secret."""
        return self.call(
            "put_app",
            package_sid=package_sid,
            client_secret=client_secret,
            package_family_name=package_family_name,
        )

    def put_entra_app(
        self,
        *,
        tenant_id: str,
        client_id: str,
        client_secret: str,
        object_id: str,
        package_family_name: str | None = None,
    ) -> dict[str, Any]:
        """Register a Microsoft Entra app, or give it a new secret."""
        return self.call(
            "put_entra_app",
            tenant_id=tenant_id,
            client_id=client_id,
            client_secret=client_secret,
            object_id=object_id,
            package_family_name=package_family_name,
        )

    def set_pfn_mapping(self, app: str, *, mapped: bool) -> dict[str, Any]:
        """Whether the package family name of an Entra app is mapped to it."""
        return self.call("set_pfn_mapping", app=app, mapped=mapped)

    def set_allow_listed(self, app: str, *, allowed: bool) -> dict[str, Any]:
        """Whether WNS has the app among its allowed receivers."""
        return self.call("set_allow_listed", app=app, allowed=allowed)

    def revoke_tokens(self, app: str | None = None) -> None:
        """Make all access tokens issued so far worthless, of one app or of every app."""
        self.call("revoke_tokens", app=app)

    def issue_token(self, app: str, *, lifetime: float = 86_400) -> str:
        """An access token without a trip to the token endpoint; `lifetime` in seconds."""
        return self.call("issue_token", app=app, lifetime=lifetime)

    def apps(self) -> list[dict[str, Any]]:
        return self.call("apps")

    def create_channel(self, app: str, device_id: str, *, tile_id: str | None = None) -> Channel:
        """What Windows does when a game asks for a channel; the device is made if need be.

        `app` is a Package SID, an Entra client id or its object id. With `tile_id` the channel is
        that of a secondary tile.
        """
        return _channel(self.call("create_channel", app=app, device_id=device_id, tile_id=tile_id))

    def close_channel(self, channel: str) -> list[str]:
        """Close a channel, by id or URI, and with it every other of the app on that device."""
        return self.call("close_channel", channel=channel)

    def revoke_channel(self, channel: str) -> Channel:
        """WNS takes one channel back before its time."""
        return _channel(self.call("revoke_channel", channel=channel))

    def expire_channel(self, channel: str) -> Channel:
        """Make one channel 30 days old."""
        return _channel(self.call("expire_channel", channel=channel))

    def age_channel(self, channel: str, seconds: float) -> Channel:
        """Make one channel older."""
        return _channel(self.call("age_channel", channel=channel, seconds=seconds))

    def forget_channel(self, channel: str) -> None:
        """Make WNS answer 404 for a channel."""
        self.call("forget_channel", channel=channel)

    def channels(self, device_id: str | None = None) -> list[Channel]:
        return [_channel(one) for one in self.call("channels", device_id=device_id)]

    def put_device(self, device_id: str) -> DeviceView:
        return _device(self.call("put_device", device_id=device_id))

    def remove_device(self, device_id: str) -> None:
        self.call("remove_device", device_id=device_id)

    def connect_device(self, device_id: str) -> DeviceView:
        """The PC is on line again: what WNS has kept for it arrives."""
        return _device(self.call("connect_device", device_id=device_id))

    def disconnect_device(self, device_id: str, *, temporarily: bool = False) -> DeviceView:
        """The PC goes off line; `temporarily` is WNS's word for a connection just lost."""
        return _device(self.call("disconnect_device", device_id=device_id, temporarily=temporarily))

    def set_app_running(
        self,
        device_id: str,
        running: bool,
        *,
        app: str | None = None,
    ) -> DeviceView:
        """Whether the game runs; without `app`, every game on the device."""
        return _device(self.call("set_app_running", device_id=device_id, running=running, app=app))

    def set_background_task(
        self,
        device_id: str,
        registered: bool,
        *,
        app: str | None = None,
    ) -> DeviceView:
        """Whether the game has a background task for raw notifications."""
        return _device(
            self.call("set_background_task", device_id=device_id, registered=registered, app=app)
        )

    def set_notifications_enabled(
        self,
        device_id: str,
        enabled: bool,
        *,
        app: str | None = None,
    ) -> DeviceView:
        """Whether the player lets the game notify."""
        return _device(
            self.call("set_notifications_enabled", device_id=device_id, enabled=enabled, app=app)
        )

    def set_tile(
        self, device_id: str, *, size: str = "medium", queue: bool = False, app: str | None = None
    ) -> DeviceView:
        """The size the tile is pinned in, and whether the game cycles through five of them."""
        return _device(self.call("set_tile", device_id=device_id, size=size, queue=queue, app=app))

    def dismiss_toasts(self, device_id: str) -> int:
        """The player clears the notification centre; returns how many toasts went."""
        return self.call("dismiss_toasts", device_id=device_id)

    def device(self, device_id: str, *, app: str | None = None) -> DeviceView:
        """What the device shows, of one app or of all."""
        return _device(self.call("device", device_id=device_id, app=app))

    def devices(self) -> list[dict[str, Any]]:
        return self.call("devices")

    def now(self) -> float:
        """The emulator's time in epoch seconds."""
        return self.call("now")

    def advance_clock(self, seconds: float) -> float:
        """Let time pass at once; returns the new now."""
        return self.call("advance_clock", seconds=seconds)

    def requests(
        self,
        *,
        after: int = 0,
        endpoint: str | None = None,
        app: str | None = None,
        channel_id: str | None = None,
        device_id: str | None = None,
        status: int | None = None,
    ) -> list[dict[str, Any]]:
        """The newest 1,000 requests to `notify` and `token`, oldest first, without secrets."""
        return self.call(
            "requests",
            after=after,
            endpoint=endpoint,
            app=app,
            channel_id=channel_id,
            device_id=device_id,
            status=status,
        )

    def request_counts(self) -> dict[str, int]:
        """All requests so far, for instance `{"notify 200": 12, "token 200": 1}`."""
        return self.call("request_counts")

    def clear_requests(self) -> None:
        self.call("clear_requests")

    def throttle_channel(
        self, channel: str, *, seconds: float | None = None, retry_after: int | None = None
    ) -> None:
        """Throttle a channel for so many seconds of the emulator's clock, or until cleared."""
        self.call("throttle_channel", channel=channel, seconds=seconds, retry_after=retry_after)

    def throttle_app(self, app: str, retry_after: int = 900) -> None:
        """Throttle an app for `retry_after` seconds of the emulator's clock."""
        self.call("throttle_app", app=app, retry_after=retry_after)

    def clear_throttles(self) -> None:
        self.call("clear_throttles")

    def fail_next(self, n: int = 1, **fault: Any) -> None:
        """Spoil the next n requests.

        Give at least one of `code` (a status, with `reason`, `headers`, `retry_after`), `reset`
        (TCP reset instead of an answer), `stall` (an answer that stops half-way) and `delay`
        (seconds of real time). `accepted=True` carries the request out all the same. `endpoint` is
        `notify` (default) or `token`; `app` and `channel` narrow it down.
        """
        self.call("fail_next", n=n, **fault)

    def fail_share(self, p: float, **fault: Any) -> None:
        """Spoil a share p of all requests, until `clear_faults`; arguments as `fail_next`."""
        self.call("fail_share", p=p, **fault)

    def clear_faults(self) -> None:
        self.call("clear_faults")

    def switches(self) -> dict[str, Any]:
        return self.call("switches")

    def set_switches(self, **values: Any) -> dict[str, Any]:
        """Change some switches; `docs/emulator.md` lists them."""
        return self.call("set_switches", **values)

    def reset_switches(self) -> dict[str, Any]:
        return self.call("reset_switches")

    def cursor(self) -> int:
        """The number of the newest event."""
        return self.call("cursor")

    def wait(self, after: int, timeout: float = LONG_POLL_SECONDS) -> int:
        """Wait until something happens after event `after`; returns the newest event's number."""
        return self.call("wait", after=after, timeout=timeout)

    def wait_for(self, predicate: Callable[[Controls], T], timeout: float = 10.0) -> T:
        """Wait until `predicate(self)` is true, looking again whenever something happens.

        Returns what the predicate returned.

        Raises:
            TimeoutError: it was not true within `timeout` seconds of real time.
        """
        deadline = time.monotonic() + timeout
        cursor = self.cursor()
        while not (result := predicate(self)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"what was waited for did not happen within {timeout:g} s")
            cursor = self.wait(cursor, min(left, LONG_POLL_SECONDS))
        return result


def _channel(view: dict[str, Any]) -> Channel:
    return Channel(**{field.name: view[field.name] for field in fields(Channel)})


def _device(view: dict[str, Any]) -> DeviceView:
    values = {field.name: view[field.name] for field in fields(DeviceView)}
    return DeviceView(**values | {"channels": [_channel(one) for one in view["channels"]]})
