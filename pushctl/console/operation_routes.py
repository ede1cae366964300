"""Routes of operations: lanes, alarms with their runbook sections, dead letters."""

from __future__ import annotations

from typing import Any

from pushctl.client import dead_letters
from pushctl.client.dead_letter_messages import QUEUES, DeadLetter, QueueName
from pushctl.client.errors import NotFoundError
from pushctl.client.status import Status, get_status
from pushctl.console.routing import Body, Call, Route
from pushctl.console.runbook import section


class Chosen(Body):
    """Dead letters: all of some queues, or certain messages of them."""

    queues: list[QueueName]
    message_ids: list[str] | None = None
    include_refused: bool = False


class Opened(Body):
    """A dead letter with its body."""

    letter: DeadLetter
    body: Any


class AlarmView(Body):
    """A raised alarm and the runbook's section of it."""

    name: str
    reason: str
    section: str
    runbook: str | None


class Operations(Body):
    """The state of the stack, its alarms with what to do."""

    status: Status
    alarms: list[AlarmView]


def _operations(call: Call) -> Operations:
    status = get_status(call.stack)
    names = {physical: name for name, physical in call.stack.having("Alarm").items()}
    return Operations(
        status=status,
        alarms=[
            AlarmView(
                name=each.name,
                reason=each.reason,
                section=names.get(each.name, each.name),
                runbook=section(names.get(each.name, "")),
            )
            for each in status.alarms
        ],
    )


def _open(call: Call) -> Opened:
    letter, body = dead_letters.get_body(call.stack, call.path["message"])
    return Opened(letter=letter, body=body)


def _redrive(call: Call) -> dead_letters.Moved:
    chosen = call.read(Chosen)
    return dead_letters.redrive(
        call.stack,
        chosen.queues,
        message_ids=chosen.message_ids,
        include_refused=chosen.include_refused,
    )


def _purge(call: Call) -> dead_letters.Moved:
    chosen = call.read(Chosen)
    return dead_letters.purge(call.stack, chosen.queues, message_ids=chosen.message_ids)


def _runbook(call: Call) -> dict[str, str]:
    name = call.path["section"]
    text = section(name)
    if text is None:
        raise NotFoundError(f"the runbook has no section {name}")
    return {"section": name, "text": text}


def _list(call: Call) -> dead_letters.DeadLetterList:
    return dead_letters.list_dead_letters(call.stack, tuple(QUEUES), limit=200)


ROUTES = [
    Route("GET", "operations", _operations),
    Route("GET", "runbook/{section}", _runbook),
    Route("GET", "dead-letters", _list),
    Route("GET", "dead-letters/{message}", _open),
    Route("POST", "dead-letters/redrive", _redrive),
    Route("POST", "dead-letters/purge", _purge),
]
