"""`pushctl watch`, `pushctl cancel` and `pushctl notification`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from pushctl.cli.options import AppOption, read_duration, read_time
from pushctl.cli.session import Session, returns, session_of
from pushctl.client import notifications
from pushctl.client.apps import get_app
from pushctl.client.notification_lists import NotificationList, list_notifications
from pushctl.client.notifications import FINAL_STATES, NotificationReport
from pushctl.client.when import clock_time

notification_cli = typer.Typer(no_args_is_help=True, help="Notifications and their outcomes.")
NotificationArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The notification's id, as pushctl send prints it.")
]


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.command()(watch)
    cli.command()(cancel)
    cli.add_typer(notification_cli, name="notification")


@returns(NotificationReport)
def watch(
    context: typer.Context,
    notification: NotificationArgument,
    app: AppOption,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Give up after this time.")
    ] = None,
) -> None:
    """Follow a notification until it is done, then show outcomes and skipped players.

    Exit code 1: it was not done in time, or its request failed. With --json: an object a line.

    Example: pushctl watch 0b1946ac92492d2347c6235b4d261118 --app space-duel
    """
    code = follow(session_of(context), app, notification, timeout_s=timeout)
    raise typer.Exit(code)


@returns(NotificationReport)
def cancel(context: typer.Context, notification: NotificationArgument, app: AppOption) -> None:
    """Cancel a notification. Sends in flight complete; the counts say what was sent before.

    Example: pushctl cancel 0b1946ac92492d2347c6235b4d261118 --app space-duel
    """
    session = session_of(context)
    found = notifications.cancel(session.stack, app, notification)
    session.emit(found, lambda s: show_report(s, found))


@notification_cli.command("list")
@returns(NotificationList)
def list_(
    context: typer.Context,
    app: AppOption,
    state: Annotated[
        str | None, typer.Option(help="Only those in this state, such as completed.")
    ] = None,
    template: Annotated[str | None, typer.Option("--template", "-t", help="Of this one.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Listed then or later: a time, or 2h for the last 2 hours."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Listed before: a time, or 2h ago.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show, about.")] = 50,
    page: Annotated[
        str | None, typer.Option(help="Go on from here: what an earlier list ended with.")
    ] = None,
) -> None:
    """List an app's notifications, newest first.

    \b
    Examples:
      pushctl notification list --app space-duel
      pushctl notification list --app space-duel --template ChallengeReceived --since 2h
    """
    session = session_of(context)
    get_app(session.stack, app)  # the list of an app that does not exist is empty
    found = list_notifications(
        session.stack,
        app,
        state=state,
        template=template,
        start=_moment(since),
        end=_moment(until),
        page=page,
        limit=limit,
    )
    session.emit(found, lambda s: _show_list(s, found))


@notification_cli.command()
@returns(NotificationReport)
def show(
    context: typer.Context,
    notification: NotificationArgument,
    app: AppOption,
    player: Annotated[
        str | None, typer.Option(help="Only this player: why did they get it, or not?")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Outcomes to show; 0: all.")] = 100,
) -> None:
    """Show a notification: state, counts, and a sentence for each device.

    \b
    Examples:
      pushctl notification show 0b1946ac92492d2347c6235b4d261118 --app space-duel
      pushctl notification show 0b1946ac92492d2347c6235b4d261118 --app space-duel --player sam
    """
    session = session_of(context)
    found = notifications.get_notification(
        session.stack, app, notification, player=player, limit=limit or None
    )
    session.emit(found, lambda s: show_report(s, found))
    if player is not None and not found.outcomes and not found.skipped:
        session.note(
            f"no outcome of player '{player}': no device, not of the audience, or not sent yet"
            " (pushctl doctor)"
        )


def _moment(text: str | None) -> int | None:
    """Return a time in epoch seconds: one that is given, or a duration ago."""
    if text is None:
        return None
    if text[-1:] in "smhd" and text[:-1].isdecimal():
        return int(time.time() - read_duration(text))
    return int(read_time(text).timestamp())


def _show_list(session: Session, found: NotificationList) -> None:
    rows = [
        (
            clock_time(each.accepted_at),
            each.notification_id,
            each.template or "",
            each.audience or "",
            each.state,
            ", ".join(f"{count} {name}" for name, count in sorted(each.counts.items())),
        )
        for each in found.notifications
    ]
    if rows:
        session.table(("accepted", "id", "template", "audience", "state", "outcomes"), rows)
    else:
        session.say("no such notification in the last 30 days")
    if found.next_page is not None:
        session.note(f"there are more: --page {found.next_page}")


def follow(
    session: Session, app: str, notification_id: str, *, timeout_s: float | None = None
) -> int:
    """Show a notification's progress until it is done; return the exit code."""
    last: NotificationReport | None = None
    with session.progress(notification_id[:8], None) as progress:
        for report in notifications.watch(session.stack, app, notification_id, timeout_s=timeout_s):
            summary = report.summary
            counts = ", ".join(f"{count} {name}" for name, count in summary.counts.items())
            progress(summary.finished, f"{summary.state} {counts}")
            if session.as_json and report != last:
                session.emit(report, lambda s: None)
            last = report
    if last is None:
        return 1
    if not session.as_json:
        show_report(session, last)
    return 0 if last.summary.state in FINAL_STATES - {"failed"} else 1


def show_report(session: Session, report: NotificationReport) -> None:
    """Print a notification."""
    summary = report.summary
    session.say(f"{summary.notification_id}: {summary.state}", "bold")
    asked = f", by {summary.accepted_by} ({summary.accepted_via})" if summary.accepted_by else ""
    session.say(f"accepted {clock_time(summary.accepted_at)}, request {summary.request_id}{asked}")
    if summary.send_at is not None:
        session.say(f"to be sent {clock_time(summary.send_at)}")
    if report.note:
        session.say(report.note, "yellow")
    counts = ", ".join(f"{count} {name}" for name, count in sorted(summary.counts.items()))
    session.say(f"{summary.recipients} notifications to devices: {counts or 'no outcome yet'}")
    players = summary.players
    if players.skipped:
        skipped = ", ".join(f"{count} {why}" for why, count in sorted(players.skipped.items()))
        session.say(f"{players.reached} of {players.requested} players reached; {skipped}")
    if summary.tracked:
        did = report.interactions
        actions = "".join(f", {count} {name}" for name, count in sorted(did.actions.items()))
        session.say(f"{did.shown} shown, {did.opened} opened, {did.dismissed} dismissed{actions}")
    if report.skipped:
        session.say("")
        skips = [(each.player_id, each.reason, each.sentence) for each in report.skipped]
        session.table(("skipped player", "reason", ""), skips)
    rows = [
        (each.player_id, each.device_id, each.kind, each.outcome, each.sentence)
        for each in report.outcomes
    ]
    if rows:
        session.say("")
        session.table(("player", "device", "kind", "outcome", ""), rows)
    if report.has_more:
        session.note("there are more outcomes: pushctl notification show --limit 0")
