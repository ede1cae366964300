"""Routes of the stack and its apps."""

from __future__ import annotations

import time
from typing import Any

from pydantic import ValidationError

from push.apps.models import App, AppSettings
from pushctl.client import apps, tokens
from pushctl.client.aws import map_aws_errors
from pushctl.client.errors import RefusedError
from pushctl.client.status import paused_until
from pushctl.console.routing import Body, Call, Route, problems_of
from wns.oauth import CREDENTIALS


class Enabled(Body):
    """Whether an app, or a template, sends."""

    on: bool


class Pause(Body):
    """Until when WNS asked an app to wait, in epoch seconds; None if it does not wait."""

    paused_until: int | None


class StackView(Body):
    """The stack that the console is for."""

    name: str
    region: str
    is_local: bool
    pictures: list[str]


def _stack(call: Call) -> StackView:
    aws = call.stack.aws
    return StackView(
        name=call.stack.name,
        region=aws.session.region_name or "",
        is_local=aws.endpoint_url is not None,
        pictures=sorted(call.console.pictures),
    )


def _put(call: Call) -> App:
    return apps.put_app(call.stack, call.app, call.read(AppSettings))


def _put_credentials(call: Call) -> None:
    try:
        credentials = CREDENTIALS.validate_python(call.body)
    except ValidationError as error:
        raise RefusedError("some fields are not valid", details=problems_of(error)) from None
    apps.put_credentials(call.stack, call.app, credentials)


def _pause(call: Call) -> Pause:
    with map_aws_errors("read the app's pause"):
        return Pause(paused_until=paused_until(call.stack, call.app, time.time()))


def _delete(call: Call) -> None:
    apps.delete_app(call.stack, call.app)


def _enable(call: Call) -> Any:
    return apps.set_enabled(call.stack, call.app, enabled=call.read(Enabled).on)


ROUTES = [
    Route("GET", "stack", _stack),
    Route("GET", "apps", lambda call: apps.list_apps(call.stack)),
    Route("GET", "apps/{app}", lambda call: apps.get_app(call.stack, call.app)),
    Route("PUT", "apps/{app}", _put),
    Route("DELETE", "apps/{app}", _delete),
    Route("POST", "apps/{app}/enabled", _enable),
    Route("POST", "apps/{app}/resume", lambda call: apps.resume_app(call.stack, call.app)),
    Route("PUT", "apps/{app}/credentials", _put_credentials),
    Route("GET", "apps/{app}/pause", _pause),
    Route("GET", "apps/{app}/token", lambda call: tokens.token_info(call.stack, call.app)),
    Route("POST", "apps/{app}/token", lambda call: tokens.refresh_token(call.stack, call.app)),
]
