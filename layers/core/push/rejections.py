"""Events of our own on the game event bus: the sender tells the refresher that an access token does
not serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from push.identifiers import AppId

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "windows-push-backend"
ACCESS_TOKEN_REJECTED = "AccessTokenRejected"  # noqa: S105


class AccessTokenRejected(BaseModel):
    """Detail of the event: the app, and the fingerprint of the rejected token; none where no token
    was stored."""

    app_id: AppId
    fingerprint: str | None = None


class Rejections:
    """Announces rejected access tokens, each once per execution environment."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def announce(self, app_id: str, fingerprint: str | None) -> None:
        """Publish AccessTokenRejected. That it may be lost is no harm: the schedule refreshes
        too."""
        detail = AccessTokenRejected(app_id=app_id, fingerprint=fingerprint)
        self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": SOURCE,
                    "DetailType": ACCESS_TOKEN_REJECTED,
                    "Detail": detail.model_dump_json(),
                }
            ]
        )
