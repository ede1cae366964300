"""The dead-letter queues: what is in them and why, back to the queue it came from, or away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from pushctl.client.aws import map_aws_errors
from pushctl.client.dead_letter_messages import (
    QUEUES,
    DeadLetter,
    Message,
    QueueName,
    body_to_queue,
    group_of,
    origin,
    parse,
    receive,
    release,
)
from pushctl.client.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pushctl.client.stack import Stack


class DeadLetterList(BaseModel):
    """Dead letters. `is_complete` is false if more are there than were read."""

    model_config = ConfigDict(frozen=True)

    dead_letters: list[DeadLetter]
    is_complete: bool = True


class Moved(BaseModel):
    """What a redrive or a purge did."""

    model_config = ConfigDict(frozen=True)

    moved: int = 0
    deleted: int = 0
    kept_refused: int = 0
    kept: int = 0
    problems: list[str] = []


def list_dead_letters(
    stack: Stack, queues: Collection[QueueName] = tuple(QUEUES), *, limit: int = 1000
) -> DeadLetterList:
    """Return the dead letters of some queues. They stay where they are."""
    letters: list[DeadLetter] = []
    is_complete = True
    with map_aws_errors("read the dead-letter queues"):
        for name in queues:
            messages = list(receive(stack, name, limit=limit))
            release(stack, name, messages)
            letters += [each.letter for each in messages]
            is_complete = is_complete and len(messages) < limit
    return DeadLetterList(dead_letters=letters, is_complete=is_complete)


def get_body(stack: Stack, message_id: str) -> tuple[DeadLetter, Any]:
    """Return a dead letter and its body, parsed if it is JSON.

    Raises:
        NotFoundError: no queue has it.
    """
    with map_aws_errors("read the dead-letter queues"):
        for name in QUEUES:
            messages = list(receive(stack, name, limit=10_000))
            release(stack, name, messages)
            for each in messages:
                if each.letter.message_id == message_id:
                    return each.letter, parse(each.body)
    raise NotFoundError(f"no dead-letter queue has the message '{message_id}'")


def redrive(
    stack: Stack,
    queues: Collection[QueueName],
    *,
    message_ids: Collection[str] | None = None,
    include_refused: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Moved:
    """Move dead letters back to the queue that they came from.

    Nobody is notified twice: a request keeps its id, deliveries and pages keep their claims. A
    message is deleted only after its copy is queued; both may exist for a moment, and are one
    request.

    Args:
        message_ids: which ones; None: all that were not refused.
        include_refused: also those that the service refused for what they say.
    """
    done = {"moved": 0, "kept_refused": 0, "kept": 0}
    problems: list[str] = []
    sqs = stack.client("sqs")
    with map_aws_errors("redrive dead letters"):
        for name in queues:
            dlq_url = stack.physical(QUEUES[name])
            kept: list[Message] = []
            # All are read before any is moved: one that fails again at once is not read twice.
            for each in list(receive(stack, name, limit=100_000)):
                letter = each.letter
                if message_ids is not None and letter.message_id not in message_ids:
                    kept.append(each)
                    continue
                if letter.was_refused and not include_refused:
                    kept.append(each)
                    done["kept_refused"] += 1
                    continue
                target = origin(stack, each)
                if target is None:
                    kept.append(each)
                    done["kept"] += 1
                    continue
                sqs.send_message(
                    QueueUrl=stack.physical(target),
                    MessageBody=body_to_queue(each, target),
                    **group_of(letter),
                )
                sqs.delete_message(QueueUrl=dlq_url, ReceiptHandle=each.receipt)
                done["moved"] += 1
                progress(done["moved"])
            release(stack, name, kept)
            if name == "refresh" and kept:
                problems.append(
                    "invocations of the token refresher are not messages of a queue: run pushctl"
                    " token refresh, then pushctl dlq purge --queue refresh"
                )
    return Moved(**done, problems=problems)


def purge(
    stack: Stack, queues: Collection[QueueName], *, message_ids: Collection[str] | None = None
) -> Moved:
    """Delete dead letters for good.

    Args:
        message_ids: which ones; None: all of these queues.
    """
    if not queues:
        raise RefusedError("name the queue to purge")
    sqs = stack.client("sqs")
    deleted = 0
    with map_aws_errors("purge a dead-letter queue"):
        for name in queues:
            kept: list[Message] = []
            for each in list(receive(stack, name, limit=100_000)):
                if message_ids is not None and each.letter.message_id not in message_ids:
                    kept.append(each)
                    continue
                sqs.delete_message(
                    QueueUrl=stack.physical(QUEUES[name]), ReceiptHandle=each.receipt
                )
                deleted += 1
            release(stack, name, kept)
    return Moved(deleted=deleted)
