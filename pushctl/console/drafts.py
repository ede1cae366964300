"""Drafts of templates: what they would look like, and what is wrong with them, before they are
stored.

The API previews stored templates only. A draft is rendered here, by the service's own code.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from push.errors import InvalidRequestError
from push.requests.models import Audience, Request
from push.requests.rendering import Renderer
from push.templates.models import Kind, Template, fill
from push.templates.validation import validate_template
from pushctl.client.errors import RefusedError
from pushctl.client.sending import read_request, send
from pushctl.console.documents import document_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from push.apps.models import App
    from push.identifiers import ParameterValue
    from pushctl.client.stack import Stack

MAX_BYTES = 5000
"""WNS accepts bodies of so many bytes."""
_TEST_TTL_S = 600


class Problem(BaseModel):
    """What is wrong with a field of a draft."""

    model_config = ConfigDict(frozen=True)

    field: str
    message: str


class DraftKind(BaseModel):
    """One notification of a draft: its payload as plain data, raw as text, or why there is none."""

    model_config = ConfigDict(frozen=True)

    locale: str
    kind: str
    bytes: int = 0
    document: dict[str, Any] | None = None
    text: str | None = None
    error: str | None = None


class DraftPreview(BaseModel):
    """A draft in every language and kind.

    Attributes:
        placeholders: names of all parameters.
        missing: those of them that no sample is given for; they are shown by their names.
        gaps: sentences that name languages without a kind that others have.
        problems: why it cannot be stored.
    """

    model_config = ConfigDict(frozen=True)

    placeholders: list[str] = []
    missing: list[str] = []
    gaps: list[str] = []
    problems: list[Problem] = []
    kinds: list[DraftKind] = []
    max_bytes: int = MAX_BYTES


def preview_draft(
    app: App, template_id: str, content: Mapping[str, Any], parameters: Mapping[str, ParameterValue]
) -> DraftPreview:
    """Render a draft in every language and kind, each for itself: one that fails hides no other."""
    try:
        template = Template.model_validate({**content, "template_id": template_id})
    except ValidationError as error:
        return DraftPreview(problems=_problems(error))
    names = template.placeholders()
    try:
        validate_template(template)
        problems: list[Problem] = []
    except InvalidRequestError as error:
        problems = [Problem(field=each.field, message=each.message) for each in error.field_errors]
    return DraftPreview(
        placeholders=sorted(names),
        missing=sorted(names - parameters.keys()),
        gaps=list(_gaps(template)),
        problems=problems,
        kinds=[
            _render(app, template, locale, kind, parameters)
            for locale, contents in template.locales.items()
            for kind in contents
        ],
    )


def send_draft(
    stack: Stack,
    app_id: str,
    content: Mapping[str, Any],
    parameters: Mapping[str, ParameterValue],
    *,
    locale: str,
    player_id: str,
) -> list[str]:
    """Send one language of a draft to a player, without storing it; return the notifications' ids.

    Raises:
        RefusedError: it cannot be rendered.
    """
    try:
        template = Template.model_validate({**content, "template_id": "draft"})
        template.check_parameters(parameters)
    except ValidationError as error:
        details = [f"{each.field}: {each.message}" for each in _problems(error)]
        raise RefusedError("the draft is not valid", details=details) from None
    except InvalidRequestError as error:
        missing = ", ".join(each.field.removeprefix("parameters.") for each in error.field_errors)
        raise RefusedError(f"give a sample for: {missing}") from None
    run = uuid.uuid4().hex[:12]
    requests = [
        read_request(
            {
                "request_id": f"console-test-{run}-{kind}",
                "audience": {"players": [player_id]},
                "notification": {kind: fill(each, parameters)},
                "options": {
                    **template.options.for_kind(kind).model_dump(mode="json", exclude_none=True),
                    "ttl_seconds": _TEST_TTL_S,
                    "skip_players_in_game": False,
                },
            }
        )
        for kind, each in template.locales[locale].items()
    ]
    return [each for one in requests for each in send(stack, app_id, one).notification_ids]


def _render(
    app: App,
    template: Template,
    locale: str,
    kind: Kind,
    parameters: Mapping[str, ParameterValue],
) -> DraftKind:
    one = template.model_copy(
        update={
            "locales": {locale: {kind: template.locales[locale][kind]}},
            "default_locale": locale,
        }
    )
    missing = one.placeholders() - parameters.keys()
    error = ""
    # A parameter without a sample is shown by its name; where only a number is valid, by one.
    for stand_in in ("[{}]", "1") if missing else ("",):
        shown = {name: stand_in.format(name) for name in missing} | dict(parameters)
        request = Request(
            app_id=app.app_id,
            request_id="preview",
            audience=Audience(players=("preview",)),
            template=one.template_id,
            parameters=shown,
        )
        try:
            (rendered,) = Renderer(app, request, one).render(locale)
        except InvalidRequestError as refused:
            error = (
                error or "; ".join(each.message for each in refused.field_errors) or str(refused)
            )
            continue
        body = rendered.notification(0).body
        text = body.decode("utf-8", errors="replace")
        return shown_kind(locale, kind, text, size=len(body))
    return DraftKind(locale=locale, kind=kind, error=error)


def shown_kind(locale: str, kind: str, body: str, *, size: int) -> DraftKind:
    """Return a rendered notification as the page shows it."""
    return DraftKind(
        locale=locale,
        kind=kind,
        bytes=size,
        document=None if kind == "raw" else document_of(body),
        text=body if kind == "raw" else None,
    )


def _gaps(template: Template) -> Iterator[str]:
    everywhere = {kind: locale for locale, each in template.locales.items() for kind in each}
    for locale, contents in template.locales.items():
        for kind, other in sorted(everywhere.items()):
            if kind not in contents:
                yield f"{locale} has no {kind}, which {other} has"


def _problems(error: ValidationError) -> list[Problem]:
    return [
        Problem(
            field=".".join(str(part) for part in each["loc"] if part != "[key]") or "template",
            message=each["msg"],
        )
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
