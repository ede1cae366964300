"""Use case: a template is shown with given parameters, without being sent."""

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
    """With which parameters, and in which language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: dict[ParameterName, ParameterValue] = {}
    locale: Locale | None = None


class PreviewedNotification(RenderedNotification):
    """A notification as it would be sent, and the size of its body."""

    bytes: Annotated[int, Field(description="Of the body; WNS takes 5,000 at most")]


class Preview(BaseModel):
    """What would be sent to one channel."""

    notifications: list[PreviewedNotification]


def preview(app: App, template: Template, sample: PreviewRequest) -> Preview:
    """Render a template.

    Raises:
        InvalidRequestError: a parameter is missing, or what comes out is no notification.
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
            for rendered in renderer.render(sample.locale)
        ]
    )
