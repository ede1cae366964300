"""The generator of docs/pushctl.md and docs/pushctl.schema.json: the help of every command, and
what it writes with --json.

    python -m tools.pushctl_docs [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from pydantic.json_schema import models_json_schema

from pushctl.cli.main import cli
from pushctl.cli.session import RESULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/pushctl.md"
SCHEMA = ROOT / "docs/pushctl.schema.json"
WIDTH = 100
INTRODUCTION = """\
# pushctl

The operator's command line. It is generated from the program's own help: `make pushctl-docs`.

Install it from a clone (`pipx install .`), or run it without installing (`uvx --from . pushctl
--help`). In a clone that `make setup` has prepared, `.venv/bin/pushctl` works as it is. Nothing of
it is deployed. On AWS, it finds credentials and region as the AWS CLI does. `--local` finds the
stack of `make run` in the folder that you call it in, or above.

Every command takes `--json`: one object a line, as [pushctl.schema.json](pushctl.schema.json)
describes by command. A failure is an object `{"error": {"code", "message", "details"}}` on standard
error. Colours and progress bars appear on a terminal only. `pushctl --install-completion` adds
completion to your shell. Secrets are asked for or read from standard input; they are never an
argument, and never printed.

`PUSHCTL_STACK` and `PUSHCTL_APP` stand for `--stack` and the app.
"""


def commands(group: Any, parent: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield name, command and context of each command, groups without their own."""
    context = typer.Context(
        group, info_name=names[-1] if names else "pushctl", parent=parent, terminal_width=WIDTH
    )
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, context, *names, name)
        else:
            own = typer.Context(command, info_name=name, parent=context, terminal_width=WIDTH)
            yield (*names, name), command, own


def page() -> str:
    """Return docs/pushctl.md."""
    root = typer.main.get_command(cli)
    context = typer.Context(root, info_name="pushctl", terminal_width=WIDTH)
    parts = [INTRODUCTION, _block(root.get_help(context))]
    for names, command, own in commands(root, None):
        parts += [f"## pushctl {' '.join(names)}\n", _block(command.get_help(own))]
    return "\n".join(parts)


def schema() -> dict[str, Any]:
    """Return docs/pushctl.schema.json: a schema by command, and the definitions they share."""
    root = typer.main.get_command(cli)
    models: dict[str, tuple[type[BaseModel], ...]] = {
        " ".join(names): getattr(command.callback, RESULT)
        for names, command, _ in commands(root, None)
    }
    unique = dict.fromkeys(model for each in models.values() for model in each)
    references, definitions = models_json_schema(
        [(model, "serialization") for model in unique], ref_template="#/$defs/{model}"
    )
    by_model = {model: references[model, "serialization"] for model in unique}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the commands of pushctl write with --json, a line each",
        "commands": {
            name: by_model[each[0]]
            if len(each) == 1
            else {"anyOf": [by_model[model] for model in each]}
            for name, each in models.items()
        },
        "$defs": definitions["$defs"],
    }


def main() -> int:
    """Write the files, or with --check compare them."""
    parser = argparse.ArgumentParser(prog="python -m tools.pushctl_docs")
    parser.add_argument("--check", action="store_true", help="fail if a file is out of date")
    options = parser.parse_args()
    files = {PAGE: page(), SCHEMA: json.dumps(schema(), indent=2) + "\n"}
    for file, text in files.items():
        if not options.check:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text("utf-8") != text:
            print(f"{file.relative_to(ROOT)} is out of date: run make pushctl-docs.")
            return 1
    return 0


def _block(help_text: str) -> str:
    lines = [line.rstrip() for line in help_text.strip().splitlines()]
    return "\n".join(["```", *lines, "```", ""])


if __name__ == "__main__":
    sys.exit(main())
