"""What the handlers are once loaded as Lambda loads them, each in an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tools.template_yaml import ROOT, environment_of, functions, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Load = Callable[[str], dict[str, Any]]

_PROVIDED_BY_LAMBDA = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_DESCRIBE = f"""
import importlib, json, sys
module_name, function_name = sys.argv[1].split(".")
module = importlib.import_module(module_name)
settings = {{name: field.is_required() for name, field in module.Settings.model_fields.items()}}
routes = []
if hasattr(module, "app"):
    routes = [
        f"{{method.upper()}} {{path}}"
        for path, item in module.app.get_openapi_schema().paths.items()
        for method in {_METHODS!r}
        if getattr(item, method)
    ]
print(json.dumps({{
    "file": module.__file__,
    "callable": callable(getattr(module, function_name, None)),
    "settings": settings,
    "routes": routes,
}}))
"""


@pytest.fixture(scope="session")
def handler_of(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Give, by a function's logical id, its handler's file, settings (required or not), routes."""
    home = tmp_path_factory.mktemp("home")
    with ThreadPoolExecutor(2) as pool:
        loads = {name: pool.submit(_load, name, home) for name in functions()}
    return lambda name: loads[name].result()


def _load(name: str, home: Path) -> dict[str, Any]:
    function = functions()[name]
    parameters = load()["Parameters"]
    environment = {}
    for variable, value in environment_of(name).items():
        match value:
            case str():
                environment[variable] = value
            case {"Ref": str(parameter)} if parameter in parameters:
                environment[variable] = parameters[parameter]["Default"]
            case _:
                environment[variable] = f"{variable.lower()}-of-the-stack"
    path = {"PYTHONPATH": f"{ROOT / function['CodeUri']}:{ROOT / 'layers/core'}"}
    loaded = subprocess.run(
        [sys.executable, "-c", _DESCRIBE, function["Handler"]],
        env=environment | _PROVIDED_BY_LAMBDA | path | {"HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if loaded.returncode:
        pytest.fail(f"{function['CodeUri']} does not load:\n{loaded.stderr}", pytrace=False)
    described: dict[str, Any] = json.loads(loaded.stdout)
    return described
