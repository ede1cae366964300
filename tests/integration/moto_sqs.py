"""Moto's queues, made fit for tens of thousands of messages. Importing this module applies it.

Moto reads a whole queue several times for each message that is sent or received, with two looks at
the clock for each message in it, and copies the queue for each message that is deleted. A proof
with 20,000 waiting messages would take hours. What the queues do is the same.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Queue, SQSBackend

if TYPE_CHECKING:
    from moto.sqs.models import Message

_sending = threading.local()
_send = SQSBackend.send_message
_attributes: Any = vars(Queue)["attributes"].fget


def _messages(queue: Queue) -> list[Message]:
    now = unix_time_millis()
    return [each for each in queue._messages if now > each.visible_at and now >= each.delayed_until]


def _attributes_unless_sending(queue: Queue) -> dict[str, Any]:
    # Sending asks whether the queue deduplicates by content: only FIFO queues do.
    if getattr(_sending, "is_on", False) and not queue.fifo_queue:
        return {}
    return dict(_attributes(queue))


def _send_message(backend: SQSBackend, *given: Any, **named: Any) -> Message:
    _sending.is_on = True
    try:
        return _send(backend, *given, **named)
    finally:
        _sending.is_on = False


def _is_kept(backend: SQSBackend, queue_name: str, message: Message) -> bool:
    queue: Any = backend.get_queue(queue_name)
    sent_ms: Any = message.sent_timestamp
    return bool(unix_time_millis() < sent_ms + 1000 * queue.message_retention_period)


def _delete_message(queue: Queue, receipt_handle: str) -> None:
    if receipt_handle in queue.deleted_messages:
        return
    for number, message in enumerate(queue._messages):
        if message.had_receipt_handle(receipt_handle):
            queue.pending_messages.discard(message)
            queue.deleted_messages.update(message.all_receipt_handles)  # type: ignore[arg-type]
            del queue._messages[number]
            return
    raise ReceiptHandleIsInvalid


_changed: Any = Queue
_changed.messages = property(_messages)
_changed.attributes = property(_attributes_unless_sending)
_changed.delete_message = _delete_message
_changed = SQSBackend
_changed.send_message = _send_message
_changed.is_message_valid_based_on_retention_period = _is_kept
