"""Handlers, their settings and their routes are what template.yaml says they are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tools.template_yaml import ROOT, environment_of, functions

if TYPE_CHECKING:
    from tests.template.conftest import Load

each_function = pytest.mark.parametrize("function", functions())


@each_function
def test_handler_loads_with_no_other_variables_than_the_template_gives(
    function: str, handler_of: Load
) -> None:
    assert handler_of(function)["callable"]


@each_function
def test_handler_is_the_file_that_the_template_names(function: str, handler_of: Load) -> None:
    properties = functions()[function]
    module, _ = properties["Handler"].split(".")
    assert handler_of(function)["file"] == str(ROOT / properties["CodeUri"] / f"{module}.py")


def test_every_folder_of_functions_is_deployed() -> None:
    deployed = {properties["CodeUri"] for properties in functions().values()}
    assert deployed == {f"functions/{app.parent.name}" for app in ROOT.glob("functions/*/app.py")}


@each_function
def test_settings_are_the_environment_of_the_template(function: str, handler_of: Load) -> None:
    settings = handler_of(function)["settings"]
    required = {name for name, is_required in settings.items() if is_required}
    of_libraries = ("POWERTOOLS_", "AWS_")
    given = {name for name in environment_of(function) if not name.startswith(of_libraries)}
    assert required <= given <= settings.keys()


@each_function
def test_environment_is_read_once_and_through_settings(function: str) -> None:
    tree = ast.parse((ROOT / functions()[function]["CodeUri"] / "app.py").read_text("utf-8"))
    reads = [ast.unparse(each) for each in ast.walk(tree) if isinstance(each, ast.Call)]
    assert [read for read in reads if "environ" in read or "getenv" in read] == [
        "Settings.model_validate(os.environ)"
    ]


@each_function
def test_service_name_in_logs_and_metrics_is_the_folder_of_the_function(function: str) -> None:
    folder = functions()[function]["CodeUri"].removeprefix("functions/")
    assert environment_of(function)["POWERTOOLS_SERVICE_NAME"] == folder


@each_function
def test_routes_of_the_template_are_the_routes_of_the_code(function: str, handler_of: Load) -> None:
    events = functions()[function]["Events"].values()
    routes = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
    in_template = sorted(
        f"{route['Method']} {route['Path'].replace('+}', '}')}" for route in routes
    )
    assert in_template == sorted(handler_of(function)["routes"])
