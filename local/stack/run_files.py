"""What `make run` leaves for other programs: the stack's address and keys, for pushctl and a shell.

The files are readable by their owner only, and gone when the stack stops. They hold the keys of an
emulator that listens on 127.0.0.1; a player's or Microsoft's secret is never in them.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DEFAULT_NAME = "run"
"""Of the stack that `make run` starts without `NAME=`."""
STATE_FILE = "stack.json"
KEY_FILE = "operator-key.json"


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """An access key, kept with the stack's state so that it stays the same between starts."""

    access_key_id: str
    secret_access_key: str

    @classmethod
    def kept_in(cls, directory: Path) -> Self:
        """Return the key that is kept in a folder, a new one on first use."""
        path = directory / KEY_FILE
        with contextlib.suppress(OSError, ValueError, TypeError):
            return cls(**json.loads(path.read_text("utf-8")))
        made = cls(f"AKIA{secrets.token_hex(8).upper()}", secrets.token_hex(20))
        write_privately(path, json.dumps(asdict(made)))
        return made


@dataclass(frozen=True, slots=True)
class RunState:
    """What pushctl's `--local` reads."""

    endpoint_url: str
    region: str
    stack: str
    access_key_id: str
    secret_access_key: str


def environment(state: RunState, more: Mapping[str, str]) -> str:
    """Return the lines of a file to source: settings of the AWS tools, and the stack's own."""
    settings = {
        "AWS_ENDPOINT_URL": state.endpoint_url,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_ACCESS_KEY_ID": state.access_key_id,
        "AWS_SECRET_ACCESS_KEY": state.secret_access_key,
        **more,
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())


@contextlib.contextmanager
def run_files(
    state: RunState, directory: Path, env: Path, more: Mapping[str, str]
) -> Iterator[None]:
    """Keep the files while a stack runs."""
    files = {
        directory / STATE_FILE: json.dumps(asdict(state)),
        env: environment(state, more),
    }
    for path, text in files.items():
        write_privately(path, text)
    try:
        yield
    finally:
        for path in files:
            path.unlink(missing_ok=True)


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read.

    Raises:
        StackError: its folder is a file, or may not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StackError(f"{path} cannot be written: {error.strerror}.") from None
