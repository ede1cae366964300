"""`pushctl dlq`."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from pushctl.cli.errors import UsageError
from pushctl.cli.options import Yes
from pushctl.cli.session import Session, clean, returns, session_of
from pushctl.client import dead_letters
from pushctl.client.dead_letter_messages import QUEUES, DeadLetter, QueueName
from pushctl.client.dead_letters import DeadLetterList, Moved
from pushctl.client.when import clock_time


class QueueChoice(StrEnum):
    """The queues by the names that they have on the line."""

    REQUEST = "request"
    BROADCAST = "broadcast"
    DELIVERY = "delivery"
    BULK_DELIVERY = "bulk-delivery"
    REFRESH = "refresh"
    REFUSED = "refused"


dlq_cli = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be processed.")
Queue = Annotated[
    list[QueueChoice] | None,
    typer.Option("--queue", "-q", help="Only this queue; repeatable."),
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Ids, as pushctl dlq list shows them."),
]


class DeadLetterBody(BaseModel):
    """A dead letter with its body, parsed if it is JSON."""

    dead_letter: DeadLetter
    body: Any


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.add_typer(dlq_cli, name="dlq")


@dlq_cli.command("list")
@returns(DeadLetterList)
def list_(
    context: typer.Context,
    queue: Queue = None,
    limit: Annotated[int, typer.Option(min=1, help="Messages per queue.")] = 1000,
) -> None:
    """List the dead letters by queue and reason. They stay where they are.

    \b
    Examples:
      pushctl dlq list
      pushctl dlq list --queue delivery --json
    """
    session = session_of(context)
    found = dead_letters.list_dead_letters(session.stack, _queues(queue), limit=limit)
    session.emit(found, lambda s: _show(s, found))


@dlq_cli.command()
@returns(DeadLetterBody)
def show(context: typer.Context, message_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show a dead letter with its body. Channel URIs of deliveries are left out.

    Example: pushctl dlq show 9f2c6c1e-7a34-4ad9-9e5b-0d3a5b9d7c11
    """
    session = session_of(context)
    letter, body = dead_letters.get_body(session.stack, message_id)
    found = DeadLetterBody(dead_letter=letter, body=_without_uris(body))

    def show_it(session: Session) -> None:
        session.say(f"{letter.queue}: {letter.reason}", "bold")
        text = body if isinstance(body, str) else json.dumps(found.body, indent=2)
        session.say(clean(text))

    session.emit(found, show_it)


@dlq_cli.command()
@returns(Moved)
def redrive(
    context: typer.Context,
    ids: Ids = None,
    queue: Queue = None,
    include_refused: Annotated[
        bool,
        typer.Option("--include-refused", help="Also messages that the service refused."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Move dead letters back to the queue that each came from; nobody is notified twice.

    Messages that the service refused for what they say stay, unless --include-refused is given.
    Fix the cause first: they come back otherwise.

    \b
    Examples:
      pushctl dlq redrive --queue delivery
      pushctl dlq redrive 9f2c6c1e-7a34-4ad9-9e5b-0d3a5b9d7c11
    """
    session = session_of(context)
    what = f"{len(ids)} messages" if ids else "all that were not refused"
    if include_refused and not ids:
        what = "all, those that were refused too"
    session.confirm(f"Redrive dead letters of {session.stack.name}: {what}?", yes=yes)
    with session.progress("redriving", None) as progress:
        moved = dead_letters.redrive(
            session.stack,
            _queues(queue),
            message_ids=ids or None,
            include_refused=include_refused,
            progress=lambda done: progress(done, ""),
        )

    def show_it(session: Session) -> None:
        session.say(f"{moved.moved} moved, {moved.kept_refused} refused ones kept")
        for problem in moved.problems:
            session.say(problem, "yellow")

    session.emit(moved, show_it)


@dlq_cli.command()
@returns(Moved)
def purge(context: typer.Context, ids: Ids = None, queue: Queue = None, yes: Yes = False) -> None:
    """Delete dead letters for good; asks before it does.

    \b
    Examples:
      pushctl dlq purge --queue refused
      pushctl dlq purge 9f2c6c1e-7a34-4ad9-9e5b-0d3a5b9d7c11 --yes
    """
    session = session_of(context)
    if not ids and not queue:
        raise UsageError("name the queue to purge (--queue), or messages")
    listed = dead_letters.list_dead_letters(session.stack, _queues(queue)).dead_letters
    chosen = [each for each in listed if not ids or each.message_id in ids]
    session.confirm(f"Delete {len(chosen)} dead letters of {session.stack.name}?", yes=yes)
    moved = dead_letters.purge(session.stack, _queues(queue), message_ids=ids or None)
    session.emit(moved, lambda s: s.say(f"{moved.deleted} deleted"))


def _queues(given: list[QueueChoice] | None) -> list[QueueName]:
    names = [each.value for each in given or QueueChoice]
    return [name for name in QUEUES if name in names]


def _show(session: Session, found: DeadLetterList) -> None:
    letters = found.dead_letters
    if not letters:
        session.say("no dead letters", "green")
        return
    by_reason = Counter((each.queue, each.reason, each.was_refused) for each in letters)
    rows = [
        (queue, count, "no" if was_refused else "yes", reason)
        for (queue, reason, was_refused), count in by_reason.most_common()
    ]
    session.table(("queue", "messages", "redrive", "reason"), rows)
    session.say("")
    session.table(
        ("message", "queue", "since", "app", "notification or template"),
        [
            (
                each.message_id,
                each.queue,
                clock_time(each.since),
                each.app_id,
                each.notification_id or each.template,
            )
            for each in letters
        ],
    )
    if not found.is_complete:
        session.note("there are more; --limit reads them")


def _without_uris(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "(left out)" if key == "channel_uri" else _without_uris(each)
            for key, each in value.items()
        }
    return [_without_uris(each) for each in value] if isinstance(value, list) else value
