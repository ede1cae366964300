"""Rendering on this machine, with the service's own code: what each language would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from push.errors import PushError
from push.requests.models import Audience, Request
from push.requests.rendering import Renderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.apps.models import App
    from push.identifiers import ParameterValue
    from push.requests.models import NotificationRequest
    from push.templates.models import Template


class RenderedKind(BaseModel):
    """One notification as WNS would get it, or why it cannot be rendered."""

    model_config = ConfigDict(frozen=True)

    locale: str
    kind: str
    body: str = ""
    bytes: int = 0
    error: str | None = None


def render_request(
    app: App, body: NotificationRequest, template: Template | None
) -> list[RenderedKind]:
    """Return what a request renders to, in every language of its template."""
    return _render(app, Request.of(app.app_id, body, "dry-run"), template)


def render_template(
    app: App, template: Template, parameters: Mapping[str, ParameterValue]
) -> list[RenderedKind]:
    """Return what a template renders to in each of its languages; a parameter that is not given is
    shown by its name."""
    shown = {name: f"[{name}]" for name in template.placeholders()} | dict(parameters)
    request = Request(
        app_id=app.app_id,
        request_id="plan",
        audience=Audience(players=("plan",)),
        template=template.template_id,
        parameters=shown,
    )
    return _render(app, request, template)


def _render(app: App, request: Request, template: Template | None) -> list[RenderedKind]:
    found: list[RenderedKind] = []
    for locale in sorted(template.locales) if template else [""]:
        try:
            if template is not None:
                template.check_parameters(request.parameters)
            rendered = Renderer(app, request, template).render(locale or None)
        except PushError as error:
            fields = [
                f"{each.field}: {each.message}" for each in getattr(error, "field_errors", ())
            ]
            sentence = "; ".join([str(error), *fields])
            found.append(RenderedKind(locale=locale, kind="", error=sentence))
            continue
        for each in rendered:
            notification = each.notification(0)
            found.append(
                RenderedKind(
                    locale=locale,
                    kind=notification.kind,
                    body=notification.body.decode("utf-8", errors="replace"),
                    bytes=len(notification.body),
                )
            )
    return found
