"""`pushctl doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from pushctl.cli.errors import UsageError
from pushctl.cli.options import AppOption
from pushctl.cli.session import Session, returns, session_of
from pushctl.client.doctor.causes import Diagnosis
from pushctl.client.doctor.examination import Question, examine

_SIGNS = {
    "ok": ("ok", "green"),
    "note": ("note", "yellow"),
    "problem": ("PROBLEM", "red"),
    "unknown": ("unknown", "dim"),
}


def add_to(cli: typer.Typer) -> None:
    """Add the command to the program."""
    cli.command()(doctor)


@returns(Diagnosis)
def doctor(
    context: typer.Context,
    app: AppOption,
    player: Annotated[str | None, typer.Option(help="A player who gets nothing.")] = None,
    device: Annotated[str | None, typer.Option(help="One of their devices.")] = None,
    template: Annotated[
        str | None, typer.Option("--template", "-t", help="Does it have the player's language?")
    ] = None,
    notification: Annotated[
        str | None, typer.Option(metavar="ID", help="A notification that did not arrive.")
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Send the player a test toast, which they see.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the test toast.")] = 20.0,
) -> None:
    """Find out why notifications do not arrive, and say what fixes it.

    The checks follow the way of a notification; the first problem is the cause, later ones may
    follow from it. Nothing is changed. Exit code 1: a problem was found.

    \b
    Examples:
      pushctl doctor --app space-duel
      pushctl doctor --app space-duel --player sam --device sams-pc --probe
      pushctl doctor --app space-duel --player sam --notification 0b1946ac92492d2347c6235b4d261118
    """
    session = session_of(context)
    if probe and player is None:
        raise UsageError("--probe needs --player")
    if device is not None and player is None:
        raise UsageError("--device needs --player")
    question = Question(
        app_id=app,
        player_id=player,
        device_id=device,
        template_id=template,
        notification_id=notification,
        probe=probe,
        wait_s=wait,
    )
    found = examine(session.stack, question, say=session.note)
    session.emit(found, lambda s: _show(s, found))
    if found.cause is not None:
        raise typer.Exit(1)


def _show(session: Session, found: Diagnosis) -> None:
    for each in found.findings:
        sign, style = _SIGNS[each.level]
        session.say(f"{sign:<8} {each.sentence}", style)
        if each.fix is not None:
            session.say(f"         {each.fix}")
    session.say("")
    if found.cause is None:
        session.say("no problem was found", "green")
    else:
        session.say(f"cause: {found.cause}", "bold")
