"""What each function imports and reads when it starts, from its layers alone.

Counted, not timed: `python -m benchmarks` measures the CPU of it. The layers are those of this
machine, which are built by the same rules as those for Lambda.
"""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.loaders import Loader

from local.stack.build import build
from tools.template_yaml import ROOT, functions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]
    Start = Callable[[str], Any]

FUNCTIONS = sorted(each["CodeUri"].rpartition("/")[2] for each in functions().values())
APIS = {each for each in FUNCTIONS if each.endswith("_api")}

READ_REQUESTS = {"dispatcher", "notifications_api"}

NOWHERE = {
    "asyncio",
    "aws_xray_sdk",
    "boto3",
    "botocore.docs.service",  # writes docstrings
    "html.parser",
    "importlib.metadata",  # looks for plugins of pydantic
    "multiprocessing",
    "s3transfer",
}
ONLY_IN = {
    "aws_lambda_powertools.event_handler": APIS,
    "requests": {"token_refresher"},
    "wns.client": {"notification_sender"},
    "wns.toast": {"dispatcher", "notifications_api", "operator_api"},
}
MODULES = {
    "channels_api": 290,
    "dispatcher": 300,
    "notification_sender": 295,
    "notifications_api": 315,
    "operator_api": 310,
    "player_api": 310,
    "token_refresher": 325,
}
"""How many modules a function imports at most, the standard library's left out."""

START = """
import gc, json, sys
import app
names = [each for each in sys.modules if each.partition(".")[0] not in sys.stdlib_module_names]
print(json.dumps({
    "modules": sorted(sys.modules),
    "count": len(names),
    "botocore": sys.modules["botocore"].__file__,
    "collects": gc.isenabled(),
    "kept": gc.get_freeze_count(),
    "built": [
        name
        for module in ("push.requests.models", "wns.content") if module in sys.modules
        for name, each in vars(sys.modules[module]).items()
        if name in ("NotificationContent", "Request") and each.__pydantic_complete__
    ],
}))
"""
ENDPOINTS = """
import json, sys, botocore.session
session = botocore.session.get_session()
print(json.dumps({
    f"{service} {region}": session.create_client(service, region_name=region).meta.endpoint_url
    for service, regions in json.loads(sys.argv[1]).items() for region in regions
}))
"""


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    for name, content in build("eu-west-1", "artifacts").artifacts.items():
        if name.endswith("Layer"):
            zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder / "python"


@pytest.fixture(scope="module")
def run(layers: Path) -> Run:
    """Run code with a function's folder and the layers on the path, and no package besides."""
    settings = {
        name: value if isinstance(value, str) else "of-the-stack"
        for each in functions().values()
        for name, value in each["Environment"]["Variables"].items()
        if not name.startswith(("AWS_", "POWERTOOLS_"))
    }
    aws = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run_code(code: str, function: str, *arguments: str) -> Any:
        path = os.pathsep.join([str(ROOT / "functions" / function), str(layers)])
        done = subprocess.run(
            [sys.executable, "-S", "-c", code, *arguments],
            env=settings | aws | {"PYTHONPATH": path},
            cwd=layers,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run_code


@pytest.fixture(scope="module")
def started(run: Run) -> Start:
    """Start a function once; give what it imported and made."""
    return cache(lambda function: run(START, function))


def services_called() -> set[str]:
    """The services of which the code makes a client of botocore."""
    found: set[str] = set()
    for path in [*ROOT.glob("functions/*/app.py"), *ROOT.glob("layers/core/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(ast.Attribute(ast.Name("clients"), "client"), [first, *_]):
                    assert isinstance(first, ast.Constant), path
                    found.add(str(first.value))
    return found


def without_documentation(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        name: value
        for name, value in pairs
        if name != "documentation" or not isinstance(value, str)
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_imports_what_it_uses(started: Start, layers: Path, function: str) -> None:
    start = started(function)
    modules = set(start["modules"])
    assert not modules & NOWHERE
    assert {name for name in ONLY_IN if name in modules} == {
        name for name, users in ONLY_IN.items() if function in users
    }
    assert start["botocore"].startswith(str(layers))
    assert MODULES[function] * 0.9 < start["count"] <= MODULES[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_start_made_is_left_out_of_later_collections(started: Start, function: str) -> None:
    start = started(function)
    assert start["collects"]
    assert start["kept"] > 10_000


@pytest.mark.parametrize("function", FUNCTIONS)
def test_models_of_payloads_are_built_where_each_invocation_uses_them(
    started: Start, function: str
) -> None:
    used = {"NotificationContent", "Request"} if function in READ_REQUESTS else set()
    assert set(started(function)["built"]) == used


def test_layer_has_the_data_of_the_services_that_are_called(layers: Path) -> None:
    called = services_called()
    assert called
    data = layers / "botocore/data"
    assert {each.name for each in data.iterdir() if each.is_dir()} == called
    assert sum(each.stat().st_size for each in data.rglob("*") if each.is_file()) < 300_000


@pytest.mark.parametrize("service", sorted(services_called()))
def test_services_models_lack_nothing_but_documentation(layers: Path, service: str) -> None:
    whole = Loader().load_service_model(service, "service-2")
    data = str(layers / "botocore/data")
    cut = Loader(extra_search_paths=[data], include_default_search_paths=False)
    assert cut.load_service_model(service, "service-2") == json.loads(
        json.dumps(whole), object_pairs_hook=without_documentation
    )


def test_endpoints_are_the_same_in_every_region(run: Run) -> None:
    session = botocore.session.get_session()
    regions = {
        service: [
            region
            for partition in session.get_available_partitions()
            for region in session.get_available_regions(service, partition)
        ]
        for service in sorted(services_called())
    }
    expected = {
        f"{service} {region}": session.create_client(
            service,
            region_name=region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        ).meta.endpoint_url
        for service, names in regions.items()
        for region in names
    }
    assert len(expected) > 100
    assert run(ENDPOINTS, "dispatcher", json.dumps(regions)) == expected
