"""Events about apps on the game event bus, for the token refresher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from push.aws.error_codes import error_code
from push.errors import EventBusUnavailableError
from push.identifiers import AppId

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


SOURCE = "windows-push-backend"
ACCESS_TOKEN_REJECTED = "AccessTokenRejected"  # noqa: S105
APP_CREDENTIALS_CHANGED = "AppCredentialsChanged"


class AccessTokenRejected(BaseModel):
    """Detail of the event: the app, and the fingerprint of the rejected token, None if no token was
    stored."""

    app_id: AppId
    fingerprint: str | None = None


class AppCredentialsChanged(BaseModel):
    """Detail of the event: the app."""

    app_id: AppId


class AppEvents:
    """Publishes events about apps on the game event bus."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish_token_rejected(self, app_id: str, fingerprint: str | None) -> None:
        """Publish AccessTokenRejected. Losing the event is harmless: the sender publishes it again
        with its next attempt.

        Raises:
            EventBusUnavailableError: the event bus did not accept the event.
        """
        detail = AccessTokenRejected(app_id=app_id, fingerprint=fingerprint)
        code = self._publish(ACCESS_TOKEN_REJECTED, detail)
        if code is not None:
            raise EventBusUnavailableError("the token refresher could not be notified", code)

    def publish_credentials_changed(self, app_id: str) -> None:
        """Publish AppCredentialsChanged.

        Raises:
            EventBusUnavailableError: the event bus did not accept the event.
        """
        code = self._publish(APP_CREDENTIALS_CHANGED, AppCredentialsChanged(app_id=app_id))
        if code is not None:
            raise EventBusUnavailableError(
                "the credentials are stored, but the token refresher could not be notified; put"
                " them again",
                code,
            )

    def _publish(self, detail_type: str, detail: BaseModel) -> str | None:
        """Publish an event; return the error's code if the event bus did not accept it."""
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": detail.model_dump_json(),
        }
        try:
            response = self._client.put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            return f"EventBridge {error_code(error)}"
        if response["FailedEntryCount"]:
            return f"EventBridge {response['Entries'][0].get('ErrorCode', 'no code')}"
        return None
