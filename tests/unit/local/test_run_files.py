"""What `make run` leaves for other programs is private, stays the same, and goes with the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.stack.errors import StackError
from local.stack.processes import Processes
from local.stack.run_files import OperatorKey, RunState, run_files

if TYPE_CHECKING:
    from pathlib import Path

STATE = RunState("http://127.0.0.1:4566", "eu-west-1", "push-laptop", "AKIA1", "it's secret")


def test_key_stays_the_same_between_starts(tmp_path: Path) -> None:
    first = OperatorKey.kept_in(tmp_path)
    assert OperatorKey.kept_in(tmp_path) == first
    assert len(first.access_key_id) == 20


def test_files_are_private_and_gone_when_the_stack_stops(tmp_path: Path) -> None:
    env = tmp_path / "env"
    with run_files(STATE, tmp_path / "state", env, {"BUS": "game events"}):
        assert env.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "state/stack.json").stat().st_mode & 0o777 == 0o600
        lines = env.read_text("utf-8").splitlines()
        assert "export BUS='game events'" in lines
        assert """export AWS_SECRET_ACCESS_KEY='it'"'"'s secret'""" in lines
    assert not env.exists()
    assert list((tmp_path / "state").iterdir()) == []


def test_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "local").write_text("")
    with pytest.raises(StackError, match="cannot be made"):
        Processes(tmp_path / "local/logs", home=tmp_path).__enter__()
    with pytest.raises(StackError, match="cannot be written"):
        OperatorKey.kept_in(tmp_path / "local")
