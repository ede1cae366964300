"""Requests to notify an audience, and their dry run."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from push.requests.models import MAX_PLAYERS, Audience, NotificationRequest
from pushctl.client.api import path
from pushctl.client.apps import get_app
from pushctl.client.audiences import count_recipients
from pushctl.client.errors import RefusedError
from pushctl.client.rendering import RenderedKind, render_request
from pushctl.client.templates import get_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pushctl.client.stack import Stack

_MESSAGE_BYTES = 200_000
"""The API takes bodies of so many bytes."""


class Sent(BaseModel):
    """The notifications that were requested. A long list of players needs several."""

    model_config = ConfigDict(frozen=True)

    notification_ids: list[str]
    request_id: str


class LanguageCount(BaseModel):
    """The devices that would get the notification in one language of the template."""

    model_config = ConfigDict(frozen=True)

    language: str
    devices: int
    has_own_texts: bool = True


class DryRun(BaseModel):
    """What a request would do."""

    model_config = ConfigDict(frozen=True)

    would_send: bool
    note: str | None = None
    players: int
    devices: int
    in_game: int = Field(description="Devices whose player is in the game now")
    by_language: list[LanguageCount]
    rendered: list[RenderedKind]


def read_request(fields: dict[str, Any]) -> NotificationRequest:
    """Return a request that follows the API's rules.

    Raises:
        RefusedError: it does not; details name the fields.
    """
    try:
        return NotificationRequest.model_validate(fields)
    except ValidationError as error:
        details = [
            f"{'.'.join(map(str, each['loc'])) or 'request'}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise RefusedError("the request is not valid", details=details) from None


def read_players(file: Path) -> list[str]:
    """Return the players of a file, one a line; empty lines and lines with `#` at the start are
    skipped, repeated players are taken once.

    Raises:
        RefusedError: the file cannot be read, or has none.
    """
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"{file} cannot be read: {type(error).__name__}") from None
    players = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not players:
        raise RefusedError(f"{file} has no players: write one id a line")
    return players


def send(
    stack: Stack,
    app_id: str,
    request: NotificationRequest,
    players: Sequence[str] | None = None,
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Sent:
    """Request a notification.

    A request may name a thousand players; more become several requests, whose ids follow from the
    first. So a send that broke off may be repeated with the same `request_id`: nobody is notified
    twice.

    Args:
        players: in place of the request's own audience; any number.
    """
    request_id = request.request_id or uuid.uuid4().hex
    where = path("apps", app_id, "notifications")
    bodies = list(_bodies(request, request_id, players))
    ids: list[str] = []
    for number, body in enumerate(bodies):
        progress(number, len(bodies))
        ids.append(str(stack.api.call("POST", where, body)["notification_id"]))
    progress(len(bodies), len(bodies))
    return Sent(notification_ids=ids, request_id=request_id)


def dry_run(
    stack: Stack,
    app_id: str,
    request: NotificationRequest,
    players: Sequence[str] | None = None,
) -> DryRun:
    """Render a request in every language and count its recipients. Nothing is sent or stored.

    Raises:
        RefusedError: it cannot be rendered; details say why.
    """
    app = get_app(stack, app_id)
    template = get_template(stack, app_id, request.template) if request.template else None
    rendered = render_request(app, request, template)
    errors = [f"{each.locale or 'notification'}: {each.error}" for each in rendered if each.error]
    if errors:
        raise RefusedError("the notification cannot be rendered", details=errors)
    audience = request.audience
    if players is not None:
        audience = Audience.model_construct(players=tuple(players), topic=None, everyone=None)
    recipients = count_recipients(stack, app_id, audience)
    note = None
    if not app.enabled:
        note = f"nothing would be sent: app '{app_id}' is switched off"
    elif app.stopped is not None:
        note = f"it would wait: app '{app_id}' is stopped ({app.stopped})"
    elif template is not None and not template.push_enabled:
        note = f"nothing would be sent: template '{template.template_id}' is switched off"
    languages: dict[tuple[str, bool], int] = {}
    for locale, count in recipients.by_locale.items():
        language = template.locale_for(locale) if template else locale
        # A player of fr gets the default language if the template has no fr.
        is_own = not template or language.split("-")[0].lower() == locale.split("-")[0].lower()
        key = (language, is_own or not locale)
        languages[key] = languages.get(key, 0) + count
    return DryRun(
        would_send=app.enabled and (template is None or template.push_enabled),
        note=note,
        players=len(recipients.players),
        devices=recipients.devices,
        in_game=recipients.in_game,
        by_language=[
            LanguageCount(language=language, devices=count, has_own_texts=is_own)
            for (language, is_own), count in sorted(languages.items())
        ],
        rendered=rendered,
    )


def _bodies(
    request: NotificationRequest, request_id: str, players: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    body = request.model_dump(mode="json", exclude_unset=True)
    if players is None:
        yield body | {"request_id": request_id}
        return
    parts = list(_parts(players))
    for number, part in enumerate(parts):
        own_id = request_id
        if len(parts) > 1:
            # Also of the players: another list under the same id is another request.
            digest = hashlib.sha256("\n".join(part).encode()).hexdigest()[:12]
            own_id = f"{request_id[:40]}-{number}-{digest}"
        yield body | {"request_id": own_id, "audience": {"players": part}}


def _parts(players: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for player in players:
        if part and (len(part) == MAX_PLAYERS or size > _MESSAGE_BYTES - 50_000):
            yield part
            part, size = [], 0
        part.append(player)
        size += len(player) + 4
    if part:
        yield part
