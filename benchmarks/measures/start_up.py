"""The CPU that a cold start of each function costs: its imports and clients, from built layers.

Functions have their layers, with the cut botocore, and no package besides: on Lambda, the layers
come before the runtime's packages. Beside it, in the same rounds, what the runtime's whole boto3
and the function's own clients cost alone, and what botocore's session and the same clients do. A
client of DynamoDB is one of them: a function that uses the wire instead would need it otherwise.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from benchmarks.aws_stub.control import ROOT
from benchmarks.lambda_events import environment_of
from benchmarks.results import Row
from local.stack.build import build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.lab import Lab

FUNCTIONS = (
    "notification_sender",
    "dispatcher",
    "channels_api",
    "notifications_api",
    "operator_api",
    "token_refresher",
    "player_api",
)
_GROUP = "Start-up (CPU of imports and clients, from built layers)"
_FOLDER = ROOT / "benchmarks/.peers/layers"
_PROBE = """
import sys, time
before = time.process_time()
{code}
spent = time.process_time() - before
print(spent)
"""
_SERVICES = """
import botocore.session, json
made = []
create = botocore.session.Session.create_client
def noted(session, name, *more, **options):
    made.append(name)
    return create(session, name, *more, **options)
botocore.session.Session.create_client = noted
from push.aws.dynamodb_wire import DynamoDBWire
start = DynamoDBWire.__init__
def noted_start(wire, *given):
    made.append("dynamodb")
    start(wire, *given)
DynamoDBWire.__init__ = noted_start
import app
print(json.dumps(made))
"""
_BOTO3 = "import boto3\nfor name in {services}: boto3.client(name)"
_BOTOCORE = (
    "import botocore.session\nsession = botocore.session.get_session()\n"
    "for name in {services}: session.create_client(name)"
)


def _unpack() -> None:
    shutil.rmtree(_FOLDER, ignore_errors=True)
    for name, content in build("eu-west-1", "bench").artifacts.items():
        if name.endswith("Layer"):
            zipfile.ZipFile(io.BytesIO(content)).extractall(_FOLDER / name)


def _probe(function: str, lab: Lab, code: str, *, layers: bool) -> str:
    environment = environment_of(function, lab.stub, None)
    if layers:
        built = [_FOLDER / name / "python" for name in ("DependenciesLayer", "CoreLayer")]
        paths = [ROOT / "functions" / function, *built]
    else:
        paths = [Path(boto3.__file__).parents[1]]
    environment["PYTHONPATH"] = os.pathsep.join(map(str, paths))
    command = [sys.executable, "-S", "-c", code]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, cwd=_FOLDER
    ).stdout.strip()


def start_up(lab: Lab, rounds: int, functions: Sequence[str] = FUNCTIONS) -> list[Row]:
    """Measure each function's start-up beside its clients alone."""
    _unpack()
    services = {
        each: sorted(set(json.loads(_probe(each, lab, _SERVICES, layers=True))))
        for each in functions
    }
    rows: dict[str, Row] = {}

    def add(name: str, unit: str, value: float, target: float | None = None) -> None:
        row = rows.setdefault(name, Row(_GROUP, name, unit, "lower", target))
        row.values.append(value)

    for _ in range(rounds):
        alone: dict[tuple[str, ...], float] = {}
        for function in functions:
            wanted = tuple(services[function])
            label = "+".join(wanted) or "no client"
            if wanted not in alone:
                for library, code in (("boto3", _BOTO3), ("botocore", _BOTOCORE)):
                    text = _PROBE.format(code=code.format(services=list(wanted)))
                    spent = float(_probe(function, lab, text, layers=False)) * 1000
                    add(f"{library}: {label}", "ms CPU", spent)
                    alone.setdefault(wanted, spent)
            own = _probe(function, lab, _PROBE.format(code="import app"), layers=True)
            add(function, "ms CPU", float(own) * 1000)
            share = float(own) * 1000 / alone[wanted]
            add(f"{function} of its clients alone", "times", share, 1.35)
    return list(rows.values())
