"""Plan and apply: what has to change so that an app's templates are those of a folder."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from push.templates.models import Template
from pushctl.client.apps import get_app
from pushctl.client.errors import ConflictError, NotFoundError, PushctlError
from pushctl.client.rendering import RenderedKind, render_template
from pushctl.client.template_files import Content, canonical, dump
from pushctl.client.templates import delete_template, list_templates, put_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.identifiers import ParameterValue
    from pushctl.client.stack import Stack

Action = Literal["create", "change", "same", "delete", "extra"]


class TemplateChange(BaseModel):
    """One template of a plan.

    Attributes:
        action: `extra` is stored but not in the folder, and stays; `delete` is that, to be deleted.
        version: that is stored now; 0: none.
        rendered: what each language would be sent, parameters shown by their names.
    """

    model_config = ConfigDict(frozen=True)

    template_id: str
    action: Action
    version: int
    diff: list[str] = []
    rendered: list[RenderedKind] = []


class Plan(BaseModel):
    """What has to change."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    changes: list[TemplateChange]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to change."""
        return all(each.action in {"same", "extra"} for each in self.changes)

    @property
    def errors(self) -> list[str]:
        """The languages that cannot be rendered."""
        return [
            f"{change.template_id}: {each.locale}: {each.error}"
            for change in self.changes
            for each in change.rendered
            if each.error
        ]


class AppliedChange(BaseModel):
    """What was done for one template."""

    model_config = ConfigDict(frozen=True)

    template_id: str
    action: Action
    status: Literal["done", "conflict", "failed"]
    version: int | None = None
    reason: str | None = None


class Applied(BaseModel):
    """What an apply did."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    changes: list[AppliedChange]

    @property
    def conflicts(self) -> list[str]:
        """The templates that somebody else changed in the meantime."""
        return [each.template_id for each in self.changes if each.status == "conflict"]


def plan(
    stack: Stack,
    app_id: str,
    wanted: Mapping[str, Content],
    *,
    delete: bool = False,
    parameters: Mapping[str, ParameterValue] | None = None,
) -> Plan:
    """Return what has to change so that an app's templates are those of `wanted`.

    Args:
        delete: whether stored templates that are not wanted are to be deleted.
        parameters: sample values for the rendering.
    """
    app = get_app(stack, app_id)
    stored = {each.template_id: each for each in list_templates(stack, app_id).templates}
    changes: list[TemplateChange] = []
    for template_id in sorted(wanted.keys() | stored.keys()):
        before = stored.get(template_id)
        old = {} if before is None else canonical(content_of(before))
        if template_id not in wanted:
            action: Action = "delete" if delete else "extra"
            diff = _diff(template_id, old, {}) if delete else []
            version = 0 if before is None else before.version
            changes.append(
                TemplateChange(template_id=template_id, action=action, version=version, diff=diff)
            )
            continue
        new = canonical(wanted[template_id])
        action = "create" if before is None else "same" if old == new else "change"
        template = Template.model_validate({**new, "template_id": template_id})
        changes.append(
            TemplateChange(
                template_id=template_id,
                action=action,
                version=0 if before is None else before.version,
                diff=_diff(template_id, old, new),
                rendered=[]
                if action == "same"
                else render_template(app, template, parameters or {}),
            )
        )
    return Plan(app_id=app_id, changes=changes)


def apply(stack: Stack, plan: Plan, wanted: Mapping[str, Content]) -> Applied:
    """Carry out a plan: each template on condition that it is as the plan found it.

    A conflict or a failure concerns its template only; the others are carried out.
    """
    done = [
        _apply(stack, plan.app_id, change, wanted)
        for change in plan.changes
        if change.action not in {"same", "extra"}
    ]
    return Applied(app_id=plan.app_id, changes=done)


def content_of(template: Template) -> Content:
    """Return a stored template as the content of a file."""
    settings = template.model_dump(mode="json", exclude={"template_id", "version"})
    return canonical(settings)


def _apply(
    stack: Stack, app_id: str, change: TemplateChange, wanted: Mapping[str, Content]
) -> AppliedChange:
    version: int | None = None
    try:
        if change.action == "delete":
            delete_template(stack, app_id, change.template_id)
        else:
            content = wanted[change.template_id]
            version = put_template(
                stack, app_id, change.template_id, content, version=change.version
            ).version
    except ConflictError:
        return AppliedChange(
            template_id=change.template_id,
            action=change.action,
            status="conflict",
            reason="somebody else changed it in the meantime; plan again",
        )
    except NotFoundError as error:
        if change.action != "delete":
            raise
        return _failed(change, error)
    except PushctlError as error:
        return _failed(change, error)
    return AppliedChange(
        template_id=change.template_id, action=change.action, status="done", version=version
    )


def _failed(change: TemplateChange, error: PushctlError) -> AppliedChange:
    reason = "; ".join([str(error), *error.details])
    return AppliedChange(
        template_id=change.template_id, action=change.action, status="failed", reason=reason
    )


def _diff(template_id: str, old: Content, new: Content) -> list[str]:
    before = dump(_sorted(old)).splitlines() if old else []
    after = dump(_sorted(new)).splitlines() if new else []
    lines = difflib.unified_diff(before, after, "stored", template_id, lineterm="")
    return list(lines)


def _sorted(content: Content) -> Content:
    """Return content with its keys in order, so that their order makes no difference."""
    return {
        key: _sorted(value) if isinstance(value, dict) else value
        for key, value in sorted(content.items())
    }
