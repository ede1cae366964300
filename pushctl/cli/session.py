"""What every command shares: the chosen stack, and how results are shown."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pushctl.cli.errors import UsageError
from pushctl.client.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pydantic import BaseModel

_WIDE = 200
"""Columns of output that goes to a file or a pipe."""
F = TypeVar("F", bound="Callable[..., Any]")
RESULT = "pushctl_result"
"""Attribute of a command's function: the models of what it writes with --json."""


def returns(*models: type[BaseModel]) -> Callable[[F], F]:
    """Declare what a command writes with --json, one of these models a line. A schema in the
    documentation follows from it."""

    def mark(command: F) -> F:
        setattr(command, RESULT, models)
        return command

    return mark


@dataclass
class Session:
    """The global options, and the output that they ask for."""

    stack_name: str | None = None
    is_local: bool = False
    local_name: str = "run"
    profile: str | None = None
    region: str | None = None
    as_json: bool = False
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    @cached_property
    def stack(self) -> Stack:
        """The stack that the options name.

        Raises:
            UsageError: they name none, or two.
        """
        if self.is_local and self.stack_name:
            raise UsageError("give either --stack NAME or --local, not both")
        if self.is_local:
            return Stack.local(self.local_name)
        if not self.stack_name:
            raise UsageError("say which stack: --stack NAME (or PUSHCTL_STACK), or --local")
        return Stack.deployed(self.stack_name, profile=self.profile, region=self.region)

    def emit(self, result: BaseModel, show: Callable[[Session], None]) -> None:
        """Write a result: as one line of JSON, or as `show` prints it."""
        if self.as_json:
            # In ASCII, so that no encoding of the terminal matters.
            sys.stdout.write(json.dumps(result.model_dump(mode="json")) + "\n")
            sys.stdout.flush()
        else:
            show(self)

    def say(self, text: str, style: str = "") -> None:
        """Print a line of the result."""
        self.out.print(Text(clean(text), style=style))

    def note(self, text: str) -> None:
        """Print a line beside the result, where it is not in the way of a pipe."""
        if not self.as_json:
            self.err.print(Text(clean(text), style="dim"))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; a cell may be a Text, whose style is kept."""
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(each if isinstance(each, Text) else Text(clean(each)) for each in row))
        self.out.print(table)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone.

        Raises:
            UsageError: there is no terminal to ask on, and --yes is not given.
            Abort: the answer is no.
        """
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question} There is no terminal to ask on: give --yes")
        typer.confirm(question, abort=True, err=True)

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Callable[[int, str], None]]:
        """Show a progress bar on a terminal; yields what sets the position and a remark."""
        if self.as_json or not self.err.is_terminal:
            yield lambda done, remark: None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[remark]}"),
        )
        with Progress(*columns, console=self.err) as bar:
            task = bar.add_task(what, total=total, remark="")
            yield lambda done, remark: bar.update(task, completed=done, remark=clean(remark))


def session_of(context: typer.Context) -> Session:
    """Return the session of a command."""
    found = context.find_object(Session)
    assert found is not None  # noqa: S101 (the root's callback sets it)
    return found


def clean(value: object) -> str:
    """Return a text without characters that a terminal would act on."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = _WIDE
    return console
