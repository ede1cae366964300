"""Commands of the AWS CLI in the runbook exist, with these options."""

from __future__ import annotations

import shlex

import pytest

from tests.aws_cli import commands_in, parse
from tools.template_yaml import ROOT

COMMANDS = commands_in((ROOT / "docs/operations.md").read_text("utf-8"))


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_runbook_exists_with_its_options(command: str) -> None:
    assert parse(shlex.split(command)[1:]).operation


def test_commands_are_found() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize(
    "command", ["aws sqs move", "aws sqs purge-queue --url x", "aws sqs purge-queue"]
)
def test_command_that_does_not_exist_is_noticed(command: str) -> None:
    with pytest.raises(ValueError, match="aws sqs"):
        parse(command.split()[1:])
