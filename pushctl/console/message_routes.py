"""Routes of templates, which the page calls messages: editing, previews, versions, test sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from push.identifiers import ParameterName, ParameterValue, PlayerId
from pushctl.client import templates
from pushctl.client.errors import RefusedError
from pushctl.client.template_files import canonical
from pushctl.console.drafts import DraftPreview, preview_draft, send_draft
from pushctl.console.routing import Body, Call, Route
from pushctl.console.versions import How, KeptVersion

if TYPE_CHECKING:
    from push.templates.models import Template


class Save(Body):
    """A template to be stored in place of a version; 0: there is none yet."""

    version: int
    content: dict[str, Any]


class Message(Body):
    """A template, without what is the default anyway."""

    template_id: str
    version: int
    content: dict[str, Any]


class MessageList(Body):
    """The templates of an app."""

    messages: list[Message]


class Draft(Body):
    """A template that is being edited, with sample parameters."""

    content: dict[str, Any]
    parameters: dict[ParameterName, ParameterValue] = Field(default_factory=dict)


class TestSend(Draft):
    """A draft to be sent to a player in one of its languages."""

    locale: str
    player: PlayerId


class Sent(Body):
    """The notifications of a test send."""

    notification_ids: list[str]


class VersionList(Body):
    """The versions of a template that this machine has kept."""

    versions: list[KeptVersion]


def _list(call: Call) -> MessageList:
    found = templates.list_templates(call.stack, call.app).templates
    return MessageList(messages=[_view(each) for each in found])


def _get(call: Call) -> Message:
    return _keep(call, templates.get_template(call.stack, call.app, call.path["template"]), "seen")


def _put(call: Call) -> Message:
    given = call.read(Save)
    stored = templates.put_template(
        call.stack, call.app, call.path["template"], given.content, version=given.version
    )
    return _keep(call, stored, "saved here")


def _keep(call: Call, template: Template, how: How) -> Message:
    view = _view(template)
    call.console.versions.keep(call.app, view.template_id, view.version, view.content, how=how)
    return view


def _view(template: Template) -> Message:
    return Message(
        template_id=template.template_id,
        version=template.version,
        content=canonical(template.model_dump(mode="json")),
    )


def _delete(call: Call) -> None:
    templates.delete_template(call.stack, call.app, call.path["template"])


def _preview(call: Call) -> DraftPreview:
    draft = call.read(Draft)
    return preview_draft(
        call.console.apps.get(call.app), call.path["template"], draft.content, draft.parameters
    )


def _test(call: Call) -> Sent:
    given = call.read(TestSend)
    if given.locale not in given.content.get("locales", {}):
        raise RefusedError(f"the draft has no language {given.locale}")
    ids = send_draft(
        call.stack,
        call.app,
        given.content,
        given.parameters,
        locale=given.locale,
        player_id=given.player,
    )
    return Sent(notification_ids=ids)


def _versions(call: Call) -> VersionList:
    return VersionList(versions=call.console.versions.of(call.app, call.path["template"]))


_ONE = "apps/{app}/templates/{template}"
ROUTES = [
    Route("GET", "apps/{app}/templates", _list),
    Route("GET", _ONE, _get),
    Route("PUT", _ONE, _put),
    Route("DELETE", _ONE, _delete),
    Route("POST", f"{_ONE}/preview", _preview),
    Route("POST", f"{_ONE}/test", _test),
    Route("GET", f"{_ONE}/versions", _versions),
]
