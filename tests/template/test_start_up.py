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
from botocore.handlers import BUILTIN_HANDLERS
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
    "aws_lambda_powertools.tracing",
    "aws_xray_sdk",
    "boto3",
    "botocore.docs.service",  # writes docstrings
    "botocore.vendored.six",
    "html.parser",
    "importlib.metadata",
    "importlib.resources",
    "multiprocessing",
    "pycurl.async_multi",
    "s3transfer",
}
ONLY_IN = {
    "aws_lambda_powertools.event_handler": APIS,
    "requests": {"token_refresher"},
    "wns.client": {"notification_sender"},
    "wns.toast": {"dispatcher", "notifications_api", "operator_api"},
    "zipfile": {"token_refresher"},
}
MODULES = {
    "channels_api": 280,
    "dispatcher": 295,
    "notification_sender": 285,
    "notifications_api": 305,
    "operator_api": 300,
    "player_api": 295,
    "token_refresher": 320,
}
"""How many modules a function imports at most, the standard library's left out."""

START = """
import gc, json, sys, typing
import app
from pydantic_core import core_schema
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
    "settings": {
        name: each.__pydantic_complete__
        for module in ("push.apps.models", "push.templates.models") if module in sys.modules
        for name, each in vars(sys.modules[module]).items()
        if name in ("App", "AppSettings", "Template", "TemplateSettings")
    },
    "typed_dicts": sum(map(typing.is_typeddict, vars(core_schema).values())),
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
HANDLERS = """
import json, sys
from botocore.session import get_session
session = get_session()
handlers = session.get_component("event_emitter")._emitter._handlers
stages, services = json.loads(sys.argv[1])
found = {}
for service in services:
    model = session.get_service_model(service)
    for operation in model.operation_names:
        for stage in stages:
            event = f"{stage}.{model.service_id.hyphenize()}.{operation}"
            found[event] = [getattr(each, "__qualname__", str(type(each)))
                            for each in handlers.prefix_search(event)]
print(json.dumps(found))
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
        name: "of-the-stack"
        for each in functions().values()
        for name in each["Environment"]["Variables"]
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


@pytest.mark.parametrize("function", FUNCTIONS)
def test_settings_are_built_where_an_operator_puts_them(started: Start, function: str) -> None:
    settings = started(function)["settings"]
    assert settings
    assert settings == {name: not name.endswith("Settings") for name in settings}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_types_are_made_for_type_checkers(started: Start, function: str) -> None:
    assert started(function)["typed_dicts"] == 0


def test_no_package_of_the_layer_is_a_plugin_of_pydantic(layers: Path) -> None:
    found = [*layers.glob("*.dist-info")]
    assert found
    for each in found:
        points = each / "entry_points.txt"
        assert not points.exists() or "[pydantic]" not in points.read_text("utf-8")


def test_certificate_authorities_are_the_layers(run: Run, layers: Path) -> None:
    found = run("import certifi, json; print(json.dumps(certifi.where()))", "dispatcher")
    assert found == str(layers / "certifi/cacert.pem")


def test_handlers_of_the_services_that_are_called_are_the_same(run: Run) -> None:
    stages = {each[0].partition(".")[0] for each in BUILTIN_HANDLERS} - {"docs"}
    wanted = json.dumps([sorted(stages), sorted(services_called())])
    whole = subprocess.run(
        [sys.executable, "-c", HANDLERS, wanted], capture_output=True, check=True, timeout=60
    )
    found = run(HANDLERS, "dispatcher", wanted)
    assert found == json.loads(whole.stdout)
    assert "_handle_sqs_compatible_error" in found["after-call.sqs.SendMessage"]


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
