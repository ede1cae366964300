"""Access tokens: how old they are, and a refresh ahead of the schedule."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from push.apps.access_tokens import get_access_token
from push.apps.events import ACCESS_TOKEN_REJECTED
from pushctl.client.apps import get_app
from pushctl.client.aws import map_aws_errors
from pushctl.client.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from push.apps.access_tokens import StoredToken
    from pushctl.client.stack import Stack


class TokenInfo(BaseModel):
    """An app's access token, without the token. Times are epoch seconds."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    is_stored: bool
    stored_at: int | None = None
    expires_at: int | None = None
    is_valid: bool = False
    has_credentials: bool = False
    is_of_current_credentials: bool | None = Field(
        None, description="False: the credentials were replaced after the token was obtained"
    )


class TokenRefresh(BaseModel):
    """The result of a refresh: `refreshed`, `fresh`, `elsewhere`, `no_credentials` or `failed`."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    status: str
    sentence: str


_SENTENCES = {
    "refreshed": "A new token is stored.",
    "fresh": "The stored token is valid and recent; WNS has not rejected it.",
    "elsewhere": "Another invocation asked Microsoft within the last minute; try again later.",
    "no_credentials": "The app has no credentials: pushctl credentials put.",
    "failed": "Microsoft gave no token; pushctl logs --errors --function token_refresher says why.",
}


def token_info(stack: Stack, app_id: str) -> TokenInfo:
    """Return what is known of an app's access token.

    Raises:
        NotFoundError: the app does not exist.
    """
    get_app(stack, app_id)
    with map_aws_errors("read the access token"):
        stored, _ = get_access_token(stack.secrets(), app_id)
        credentials = describe_secret(stack, app_id, "credentials")
        described = describe_secret(stack, app_id, "access-token")
    current = None if credentials is None else _current_version(credentials)
    return TokenInfo(
        app_id=app_id,
        is_stored=stored is not None,
        stored_at=None if described is None else changed_at(described),
        expires_at=None if stored is None else int(stored.token.expires_at),
        is_valid=stored is not None and stored.token.expires_at > time.time(),
        has_credentials=credentials is not None,
        is_of_current_credentials=(
            stored.credentials_version == current if stored is not None and current else None
        ),
    )


def refresh_token(stack: Stack, app_id: str) -> TokenRefresh:
    """Let the token refresher replace an app's access token, if it is older than ten minutes.

    The function runs as if WNS had rejected the stored token; so no secret passes this machine.

    Raises:
        NotFoundError: the app does not exist.
        UnavailableError: the function failed.
    """
    get_app(stack, app_id)
    with map_aws_errors("refresh the access token"):
        stored, _ = get_access_token(stack.secrets(), app_id)
        status = _invoke(stack, _rejected(app_id, stored))[app_id]
    return TokenRefresh(app_id=app_id, status=status, sentence=_SENTENCES.get(status, status))


def refresh_due(stack: Stack) -> list[TokenRefresh]:
    """Let the token refresher run as on its schedule, for every app."""
    with map_aws_errors("refresh the access tokens"):
        statuses = _invoke(stack, {"refresh": "due"})
    return [
        TokenRefresh(app_id=app_id, status=status, sentence=_SENTENCES.get(status, status))
        for app_id, status in sorted(statuses.items())
    ]


def describe_secret(stack: Stack, app_id: str, kind: str) -> dict[str, Any] | None:
    """Return what Secrets Manager says of a secret, never its value; None if there is none."""
    client = stack.client("secretsmanager")
    try:
        described: dict[str, Any] = client.describe_secret(
            SecretId=f"{stack.name}/apps/{app_id}/{kind}"
        )
    except client.exceptions.ResourceNotFoundException:
        return None
    return None if "DeletedDate" in described else described


def changed_at(described: dict[str, Any]) -> int | None:
    """Return when a secret was changed, in epoch seconds."""
    changed = described.get("LastChangedDate") or described.get("CreatedDate")
    return None if changed is None else int(changed.timestamp())


def _current_version(described: dict[str, Any]) -> str | None:
    versions: dict[str, list[str]] = described.get("VersionIdsToStages", {})
    return next((each for each, stages in versions.items() if "AWSCURRENT" in stages), None)


def _rejected(app_id: str, stored: StoredToken | None) -> dict[str, Any]:
    fingerprint = stored.token.fingerprint if stored is not None else None
    detail = {"app_id": app_id, "fingerprint": fingerprint}
    return {"detail-type": ACCESS_TOKEN_REJECTED, "detail": detail}


def _invoke(stack: Stack, event: dict[str, Any]) -> dict[str, str]:
    function = stack.physical("TokenRefresherFunction")
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    text = answer["Payload"].read()
    if "FunctionError" in answer:
        raise UnavailableError("the token refresher failed: pushctl logs --errors")
    statuses: dict[str, str] = json.loads(text)
    if not statuses and "detail" in event:
        raise NotFoundError("the token refresher knows no such app")
    return statuses
