"""Apps and their credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from push.apps.models import App, AppSettings
from pushctl.client.api import path
from pushctl.client.errors import ConflictError

if TYPE_CHECKING:
    from pushctl.client.stack import Stack
    from wns.oauth import Credentials


class AppList(BaseModel):
    """The apps of a stack."""

    model_config = ConfigDict(frozen=True)

    apps: list[App]


def list_apps(stack: Stack) -> AppList:
    """Return the apps, by id."""
    return AppList.model_validate(stack.api.call("GET", "/apps"), extra="ignore")


def get_app(stack: Stack, app_id: str) -> App:
    """Return an app.

    Raises:
        NotFoundError: it does not exist.
    """
    return _app(stack.api.call("GET", path("apps", app_id)))


def put_app(stack: Stack, app_id: str, settings: AppSettings) -> App:
    """Create an app or replace its settings."""
    body = settings.model_dump(mode="json", exclude_unset=True)
    return _app(stack.api.call("PUT", path("apps", app_id), body))


def set_enabled(stack: Stack, app_id: str, *, enabled: bool) -> App:
    """Switch an app on or off; its other settings stay.

    Raises:
        ConflictError: WNS stopped the app; storing it would also resume it.
    """
    # As the API gave them, so that settings which only a newer version knows are kept.
    settings: dict[str, Any] = stack.api.call("GET", path("apps", app_id))
    if settings["enabled"] == enabled:
        return _app(settings)
    stopped = settings.pop("stopped", None)
    if stopped is not None:
        # The API resumes a stopped app that is put. Nobody asked for that here.
        raise ConflictError(
            f"app '{app_id}' is stopped ({stopped}); resume it first: pushctl app resume {app_id}"
        )
    del settings["app_id"]
    return _app(stack.api.call("PUT", path("apps", app_id), settings | {"enabled": enabled}))


def resume_app(stack: Stack, app_id: str) -> App:
    """Resume an app that WNS stopped or that waits because WNS asked it to."""
    return _app(stack.api.call("POST", path("apps", app_id, "resume")))


def delete_app(stack: Stack, app_id: str) -> None:
    """Delete an app, its credentials and its access token.

    Raises:
        NotFoundError: it does not exist.
    """
    get_app(stack, app_id)
    stack.api.call("DELETE", path("apps", app_id))


def put_credentials(stack: Stack, app_id: str, credentials: Credentials) -> None:
    """Store an app's credentials, once Microsoft has accepted them.

    Raises:
        RefusedError: Microsoft refused them, in its own words.
    """
    body = credentials.model_dump() | {
        "client_secret": credentials.client_secret.get_secret_value()
    }
    stack.api.call("PUT", path("apps", app_id, "credentials"), body)


def _app(document: Any) -> App:
    return App.model_validate(document, extra="ignore")
