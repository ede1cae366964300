"""Error messages and signals of `make run` and `make demo`."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import requests
from botocore.exceptions import BotoCoreError, ClientError

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable


def run_to_exit_code(work: Callable[[], None]) -> int:
    """Run `work` and return the exit code; expected errors are printed in one sentence.

    SIGTERM and SIGHUP stop it as Ctrl-C does, so that contexts exit and servers end.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        work()
    except StackError as error:
        print(f"laptop stack: {error}", file=sys.stderr)
        return 1
    except (requests.RequestException, BotoCoreError, ClientError) as error:
        print(f"laptop stack: a server of the stack failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("laptop stack: stopped", file=sys.stderr)
        return 130
    return 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
