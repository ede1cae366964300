"""Templates as the service stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from push.requests.preview import Preview
from push.templates.models import Template
from pushctl.client.api import path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.identifiers import ParameterValue
    from pushctl.client.stack import Stack


class TemplateList(BaseModel):
    """The templates of an app."""

    model_config = ConfigDict(frozen=True)

    templates: list[Template]


def list_templates(stack: Stack, app_id: str) -> TemplateList:
    """Return an app's templates, by id."""
    found = TemplateList.model_validate(
        stack.api.call("GET", path("apps", app_id, "templates")), extra="ignore"
    )
    return TemplateList(templates=sorted(found.templates, key=lambda each: each.template_id))


def get_template(stack: Stack, app_id: str, template_id: str) -> Template:
    """Return a template.

    Raises:
        NotFoundError: the app has no such template.
    """
    return _template(stack.api.call("GET", path("apps", app_id, "templates", template_id)))


def put_template(
    stack: Stack, app_id: str, template_id: str, settings: Mapping[str, Any], *, version: int
) -> Template:
    """Store a template in place of a version; 0 for one that does not exist yet.

    Raises:
        ConflictError: another version is stored.
        RefusedError: it is not valid; details name the fields.
    """
    where = path("apps", app_id, "templates", template_id)
    headers = {"If-Match": f'"{version}"'}
    return _template(stack.api.call("PUT", where, dict(settings), headers=headers))


def delete_template(stack: Stack, app_id: str, template_id: str) -> None:
    """Delete a template.

    Raises:
        NotFoundError: the app has no such template.
    """
    get_template(stack, app_id, template_id)
    stack.api.call("DELETE", path("apps", app_id, "templates", template_id))


def preview_template(
    stack: Stack,
    app_id: str,
    template_id: str,
    parameters: Mapping[str, ParameterValue],
    locale: str | None = None,
) -> Preview:
    """Return what one channel of a player with this locale would receive."""
    where = path("apps", app_id, "templates", template_id, "preview")
    body = {"parameters": dict(parameters)} | ({"locale": locale} if locale else {})
    return Preview.model_validate(stack.api.call("POST", where, body), extra="ignore")


def _template(document: Any) -> Template:
    return Template.model_validate(document, extra="ignore")
