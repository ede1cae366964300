"""What `pushctl template` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from push.requests.preview import Preview
    from pushctl.cli.session import Session
    from pushctl.client.rendering import RenderedKind
    from pushctl.client.template_plan import Applied, Plan

_SIGNS = {"create": "+", "change": "~", "same": "=", "delete": "-", "extra": "?"}


def show_plan(session: Session, found: Plan, *, render: bool) -> None:
    """Print what apply would change, and with `render` what each language renders to."""
    for change in found.changes:
        if change.action == "same":
            continue
        session.say(f"{_SIGNS[change.action]} {change.template_id} ({change.action})", "bold")
        for line in change.diff[2:]:
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
            session.say(f"  {line}", style)
        if render:
            show_rendered(session, change.rendered)
    same = sum(each.action == "same" for each in found.changes)
    session.say(f"{len(found.changes) - same} to look through, {same} unchanged")
    if any(each.action == "extra" for each in found.changes):
        session.note("? is stored but not in the folder; --delete deletes it")


def show_applied(session: Session, done: Applied) -> None:
    """Print what was changed."""
    for each in done.changes:
        style = "green" if each.status == "done" else "red"
        told = f": {each.reason}" if each.reason else ""
        session.say(f"{_SIGNS[each.action]} {each.template_id} {each.status}{told}", style)
    if not done.changes:
        session.say("nothing has changed")


def show_preview(session: Session, found: Preview) -> None:
    """Print what a device would be sent."""
    for each in found.notifications:
        session.say(f"{each.kind}, {each.bytes} of 5,000 bytes", "bold")
        for name, value in each.headers.items():
            session.say(f"  {name}: {value}", "dim")
        session.say(f"  {each.body}")


def show_rendered(session: Session, rendered: list[RenderedKind], indent: str = "  ") -> None:
    """Print what languages render to."""
    for each in rendered:
        language = f"{each.locale} " if each.locale else ""
        if each.error is not None:
            session.say(f"{indent}{language}{each.error}", "red")
        else:
            session.say(f"{indent}{language}{each.kind}, {each.bytes} bytes: {each.body}", "dim")
