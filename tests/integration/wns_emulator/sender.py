"""A game server with one app and one device, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.wns_emulator import WnsEmulator
    from local.wns_emulator.control.views import ChannelView, DeviceView
    from tests.integration.wns_emulator.wire import Response, Wire

SID = "ms-app://s-1-15-2-1912741105-3"
SECRET = "Bd+1/x=secret"
TENANT = "8f0c5b9e-0c3e-4a53-93a5-2b7f3b2a9f11"
CLIENT = "2d6f0a54-6d1b-4b83-9a6e-0a4a3d1c7e55"
OBJECT = "f3a1d1b2-7a10-47f5-b0f8-4a0d8d9c9a77"

TOAST = '<toast><visual><binding template="ToastGeneric"><text>{}</text></binding></visual></toast>'
TILE = '<tile><visual><binding template="TileMedium"><text>{}</text></binding></visual></tile>'
BADGE = '<badge value="{}"/>'
TEMPLATES = {"toast": TOAST, "tile": TILE, "badge": BADGE, "raw": "{}"}


class Sender:
    """Sends with valid headers unless given others."""

    def __init__(self, wns: WnsEmulator, wire: Wire) -> None:
        self.wns = wns
        self.wire = wire
        wns.put_app(package_sid=SID, client_secret=SECRET)
        self.channel = wns.create_channel(SID, "pc")
        self.token = wns.issue_token(SID)

    def headers(self, kind: str = "toast", **changed: str | None) -> dict[str, str]:
        """The headers of a good request; `x_wns_ttl="5"` adds or changes, None takes away."""
        content_type = "application/octet-stream" if kind == "raw" else "text/xml"
        headers: dict[str, str | None] = {
            "authorization": f"Bearer {self.token}",
            "content-type": content_type,
            "x-wns-type": f"wns/{kind}",
        }
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in headers.items() if value is not None}

    def notify(
        self,
        kind: str = "toast",
        content: str | bytes = "5",
        *,
        channel: ChannelView | None = None,
        body: str | bytes | None = None,
        method: str = "POST",
        **headers: Any,
    ) -> Response:
        """One notification with `content` in it, or with `body` as it is."""
        if body is None:
            assert isinstance(content, str)
            body = TEMPLATES[kind].format(content)
        return self.wire.send(
            (channel or self.channel).channel_uri,
            method=method,
            headers=self.headers(kind, **headers),
            body=body.encode() if isinstance(body, str) else body,
        )

    def remove(self, match: str | None, **headers: Any) -> Response:
        return self.wire.send(
            self.channel.channel_uri,
            method="DELETE",
            headers=self.headers(x_wns_match=match, x_wns_type=None, content_type=None, **headers),
        )

    @property
    def device(self) -> DeviceView:
        return self.wns.device("pc")

    @property
    def texts(self) -> list[str]:
        """The first line of every toast in the notification centre."""
        return [toast["texts"][0] for toast in self.device.toasts]

    @property
    def last(self) -> dict[str, Any]:
        """The newest request in the log."""
        return self.wns.requests()[-1]
