"""Events of our own on the game event bus, which the token refresher hears: an access token does
not serve, an app's credentials are new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from push.errors import EventBusUnavailableError
from push.identifiers import AppId

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


SOURCE = "windows-push-backend"
ACCESS_TOKEN_REJECTED = "AccessTokenRejected"  # noqa: S105
APP_CREDENTIALS_CHANGED = "AppCredentialsChanged"


class AccessTokenRejected(BaseModel):
    """Detail of the event: the app, and the fingerprint of the rejected token; none where no token
    was stored."""

    app_id: AppId
    fingerprint: str | None = None


class AppCredentialsChanged(BaseModel):
    """Detail of the event: the app."""

    app_id: AppId


class Rejections:
    """Announces rejected access tokens."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def announce(self, app_id: str, fingerprint: str | None) -> None:
        """Publish AccessTokenRejected. That it may be lost is no harm: who waits for a token asks
        again."""
        detail = AccessTokenRejected(app_id=app_id, fingerprint=fingerprint)
        _publish(self._client, self._bus, ACCESS_TOKEN_REJECTED, detail)


class CredentialChanges:
    """Announces that an app has new credentials."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def announce(self, app_id: str) -> None:
        """Publish AppCredentialsChanged.

        Raises:
            EventBusUnavailableError: the bus did not take it.
        """
        detail = AppCredentialsChanged(app_id=app_id)
        if not _publish(self._client, self._bus, APP_CREDENTIALS_CHANGED, detail):
            raise EventBusUnavailableError(
                "the credentials are stored, but the token refresher could not be told; put them"
                " again"
            )


def _publish(client: EventBridgeClient, bus: str, detail_type: str, detail: BaseModel) -> bool:
    try:
        answer = client.put_events(
            Entries=[
                {
                    "EventBusName": bus,
                    "Source": SOURCE,
                    "DetailType": detail_type,
                    "Detail": detail.model_dump_json(),
                }
            ]
        )
    except (BotoCoreError, ClientError):
        return False
    return answer["FailedEntryCount"] == 0
