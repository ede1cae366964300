"""Renders a template with sample parameters, without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from push.delivery.models import RenderedNotification
from push.identifiers import Locale, ParameterName, ParameterValue
from push.requests.models import Audience, Request
from push.requests.rendering import Renderer

if TYPE_CHECKING:
    from push.apps.models import App
    from push.templates.models import Template


class PreviewRequest(BaseModel):
    """Sample parameters, and the locale of the player to render for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: dict[ParameterName, ParameterValue] = {}
    locale: Locale | None = None


class PreviewedNotification(RenderedNotification):
    """A notification as it would be sent, with the size of its body."""

    bytes: Annotated[int, Field(description="Size of the body; WNS accepts at most 5,000 bytes")]


class Preview(BaseModel):
    """The notifications that one channel would receive."""

    notifications: list[PreviewedNotification]


def preview(app: App, template: Template, sample: PreviewRequest) -> Preview:
    """Render a template.

    Raises:
        InvalidRequestError: a parameter is missing, or a rendered notification is not valid.
    """
    request = Request(
        app_id=app.app_id,
        request_id="preview",
        audience=Audience(players=("preview",)),
        template=template.template_id,
        parameters=sample.parameters,
    )
    renderer = Renderer(app, request, template)
    renderer.check()
    return Preview(
        notifications=[
            PreviewedNotification(**rendered.model_dump(), bytes=len(rendered.notification(0).body))
            for rendered in (
                renderer.of_chunk(each, "0") for each in renderer.render(sample.locale)
            )
        ]
    )
