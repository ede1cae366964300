"""`pushctl send`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pushctl.cli.errors import UsageError
from pushctl.cli.notification_commands import follow
from pushctl.cli.options import (
    AppOption,
    Parameters,
    Yes,
    read_document,
    read_parameters,
    read_time,
)
from pushctl.cli.session import Session, returns, session_of
from pushctl.cli.template_output import show_rendered
from pushctl.client.notifications import NotificationReport
from pushctl.client.sending import DryRun, Sent, dry_run, read_players, read_request
from pushctl.client.sending import send as send_request

if TYPE_CHECKING:
    from push.requests.models import NotificationRequest


def add_to(cli: typer.Typer) -> None:
    """Add the command to the program."""
    cli.command()(send)


@returns(Sent, DryRun, NotificationReport)
def send(
    context: typer.Context,
    app: AppOption,
    player: Annotated[
        list[str] | None, typer.Option(metavar="PLAYER", help="A player; may be repeated.")
    ] = None,
    players: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Players, one a line; any number.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="The subscribers of a topic.")] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="All players of the app.")] = False,
    template: Annotated[str | None, typer.Option("--template", "-t", help="A template.")] = None,
    parameters: Parameters = None,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The request as JSON or YAML; options add to it."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="2026-12-01T18:00:00Z, or +30m.")
    ] = None,
    request_id: Annotated[
        str | None, typer.Option(help="Requests with the same id are one request.")
    ] = None,
    allow_repeat: Annotated[
        bool, typer.Option("--allow-repeat", help="Even if everyone got the same just now.")
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Render and count by language; send nothing.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it until done.")] = False,
    yes: Yes = False,
) -> None:
    """Notify players, a topic or everyone, by a template or by a file.

    \b
    Examples:
      pushctl send -a space-duel --player sam -t ChallengeReceived -p challenger=Robin --watch
      pushctl send -a space-duel --players winners.txt --file tournament.yaml --at +30m
      pushctl send -a space-duel --everyone --file maintenance.yaml --dry-run
    """
    session = session_of(context)
    fields: dict[str, Any] = read_document(file) if file else {}
    many = _add_audience(fields, player, players, topic, everyone=everyone)
    given = {
        "template": template,
        "parameters": read_parameters(parameters) or None,
        "send_at": read_time(at).isoformat() if at else None,
        "request_id": request_id,
        "allow_repeat": allow_repeat or None,
    }
    fields |= {key: value for key, value in given.items() if value is not None}
    request = read_request(fields)
    if dry:
        found = dry_run(session.stack, app, request, many)
        session.emit(found, lambda s: _show_dry_run(s, found))
        return
    if request.audience.everyone:
        session.confirm(f"Notify everyone in '{app}' of {session.stack.name}?", yes=yes)
    sent = _send(session, app, request, many)
    session.emit(sent, lambda s: _show_sent(s, app, sent))
    if watch:
        codes = [follow(session, app, each) for each in sent.notification_ids]
        raise typer.Exit(max(codes))


def _add_audience(
    fields: dict[str, Any],
    player: list[str] | None,
    players: Path | None,
    topic: str | None,
    *,
    everyone: bool,
) -> list[str] | None:
    """Put the audience into a request; return the players if they may be too many for one."""
    given = [bool(player), players is not None, topic is not None, everyone]
    if sum(given) > 1 or (sum(given) == 0 and "audience" not in fields):
        raise UsageError("give one of --player, --players, --topic and --everyone")
    if player:
        fields["audience"] = {"players": player}
    elif players is not None:
        many = read_players(players)
        fields["audience"] = {"players": many[:1]}  # `send` puts all of them into requests
        return many
    elif topic is not None:
        fields["audience"] = {"topic": topic}
    elif everyone:
        fields["audience"] = {"everyone": True}
    return None


def _send(session: Session, app: str, request: NotificationRequest, many: list[str] | None) -> Sent:
    """Send a request, to many players by several ones, and show how far it is."""
    total = len(many) if many is not None else 1
    with session.progress("requesting", None if total == 1 else total) as progress:
        return send_request(
            session.stack, app, request, many, progress=lambda done, of: progress(done, f"of {of}")
        )


def _show_sent(session: Session, app: str, sent: Sent) -> None:
    for each in sent.notification_ids:
        session.say(each)
    session.note(f"follow it: pushctl watch {sent.notification_ids[0]} --app {app}")


def _show_dry_run(session: Session, found: DryRun) -> None:
    session.say("nothing was sent", "bold")
    if found.note:
        session.say(found.note, "yellow")
    session.say(f"{found.devices} devices of {found.players} players; {found.in_game} in game now")
    rows = [
        (each.language or "unknown", each.devices, "" if each.has_own_texts else "default texts")
        for each in found.by_language
    ]
    session.table(("language", "devices", ""), rows)
    session.say("")
    show_rendered(session, found.rendered, indent="")
