"""The log lines of handlers, as they are written."""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.backend import Backend


class _Lines(logging.Handler):
    def __init__(self, formatter: logging.Formatter, texts: list[str]) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(self.format(record))


class Log:
    """The lines of some functions' logs, in their order."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @classmethod
    @contextmanager
    def of(cls, game: Backend, *functions: str) -> Iterator[Self]:
        """Read the logs of functions while the context lasts."""
        log = cls()
        with ExitStack() as attached:
            for function in functions:
                logger = game.handler(function).logger
                lines = _Lines(logger.registered_formatter, log.texts)
                logger.addHandler(lines)
                attached.callback(logger.removeHandler, lines)
            yield log

    def all(self) -> list[dict[str, Any]]:
        """Return the fields of every line, and forget them."""
        lines = [json.loads(each) for each in self.texts]
        self.texts.clear()
        return lines

    def lines(self, message: str, service: str | None = None) -> list[dict[str, Any]]:
        """Return the fields of the lines with a message, and forget all lines."""
        return [
            each
            for each in self.all()
            if each["message"] == message and service in {None, each["service"]}
        ]

    def deliveries(self) -> list[dict[str, Any]]:
        """Return what the sender said of deliveries, and forget all lines."""
        return self.lines("delivery handled", "notification_sender")
