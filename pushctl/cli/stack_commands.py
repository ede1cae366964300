"""`pushctl status` and `pushctl logs`: the whole stack."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from pushctl.cli.options import read_duration
from pushctl.cli.session import Session, returns, session_of
from pushctl.client.logs import LogLines, search_logs
from pushctl.client.status import AppStatus, QueueStatus, Status, get_status
from pushctl.client.when import clock_time, duration


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.command()(status)
    cli.command()(logs)


@returns(Status)
def status(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again.")] = False,
    interval: Annotated[float, typer.Option(min=0.2, help="Seconds between two times.")] = 5.0,
) -> None:
    """Show apps, age of their tokens, lanes, dead letters and alarms on one screen.

    \b
    Examples:
      pushctl --local status
      pushctl --stack windows-push-prod status --watch
    """
    session = session_of(context)
    while True:
        found = get_status(session.stack)
        if watch and session.out.is_terminal and not session.as_json:
            session.out.clear()
        session.emit(found, lambda s, found=found: _show(s, found))  # type: ignore[misc]
        if not watch:
            return
        time.sleep(interval)


@returns(LogLines)
def logs(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="A notification's, message's or app's id, or a text."),
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 90s, 30m, 2h, 7d.")] = "24h",
    function: Annotated[
        list[str] | None, typer.Option(help="Only this function; may be repeated.")
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only warnings and errors.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The latest lines only.")] = 1000,
) -> None:
    """Show what all functions logged about an id, oldest first.

    \b
    Examples:
      pushctl logs 0b1946ac92492d2347c6235b4d2611184
      pushctl logs --errors --since 1h
      pushctl logs space-duel --function token_refresher
    """
    session = session_of(context)
    levels = ["WARNING", "ERROR", "CRITICAL"] if errors else []
    found = search_logs(
        session.stack,
        text,
        since_s=read_duration(since),
        functions=function or [],
        levels=levels,
        limit=limit,
    )
    session.emit(found, lambda s: _show_logs(s, found))


def _show(session: Session, status: Status) -> None:
    session.say(f"{status.stack} at {clock_time(status.at)}", "bold")
    session.say("")
    rows = [
        (each.app_id, _app_state(each), _credentials(each), _token(each)) for each in status.apps
    ]
    session.table(("app", "state", "credentials", "token"), rows)
    session.say("")
    session.table(
        ("lane", "waiting", "in flight", "delayed", "oldest"), [_queue(q) for q in status.lanes]
    )
    session.say("")
    rows_of_dead = [
        (each.name, Text(str(each.waiting + each.in_flight), style=_bad(each))) for each in
        status.dead_letters
    ]  # fmt: skip
    session.table(("dead letters", "messages"), rows_of_dead)
    session.say("")
    if not status.alarms:
        session.say(f"no alarm of {status.alarms_known} is raised", "green")
    for alarm in status.alarms:
        session.say(f"ALARM {alarm.name}: {alarm.reason}", "red")


def _app_state(app: AppStatus) -> Text:
    if app.stopped is not None:
        return Text(f"stopped: {app.stopped}", style="red")
    if not app.enabled:
        return Text("off", style="yellow")
    if app.paused_until is not None:
        return Text(f"waits until {clock_time(app.paused_until)}", style="yellow")
    return Text("on", style="green")


def _credentials(app: AppStatus) -> Text:
    return Text("stored") if app.has_credentials else Text("none", style="yellow")


def _token(app: AppStatus) -> Text:
    if app.token_age_s is None:
        return Text("none", style="red" if app.enabled and app.has_credentials else "yellow")
    is_old = app.token_age_s > 18 * 3600
    return Text(f"{duration(app.token_age_s)} old", style="red" if is_old else "")


def _queue(queue: QueueStatus) -> tuple[str, ...]:
    oldest = "unknown" if queue.oldest_s is None else duration(queue.oldest_s)
    shown = oldest if queue.waiting or queue.in_flight else "-"
    return queue.name, str(queue.waiting), str(queue.in_flight), str(queue.delayed), shown


def _bad(queue: QueueStatus) -> str:
    return "red" if queue.waiting or queue.in_flight else "green"


def _show_logs(session: Session, found: LogLines) -> None:
    styles = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
    for line in found.lines:
        at = datetime.fromtimestamp(line.at, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = " ".join(f"{key}={value}" for key, value in line.fields.items())
        text = f"{at}  {line.function:<20} {line.message}  {fields}".rstrip()
        session.say(text, styles.get(line.level, ""))
    if not found.lines:
        session.note("no function logged that in this time")
