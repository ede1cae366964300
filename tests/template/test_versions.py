"""One version of Python and one architecture, wherever they are written down."""

from __future__ import annotations

import re
import tomllib

import pytest

from tools.template_yaml import ROOT, functions, resources_of_type

PYTHON_VERSION = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
MACHINE_OF = {"arm64": "aarch64", "x86_64": "x86_64"}
LAYERS = resources_of_type("AWS::Serverless::LayerVersion")
each_layer = pytest.mark.parametrize("layer", LAYERS)


def makefile_of(layer: str) -> str:
    makefile = ROOT / str(LAYERS[layer]["Properties"]["ContentUri"]) / "Makefile"
    return makefile.read_text(encoding="utf-8")


def variable(makefile: str, name: str) -> str | None:
    found = re.search(rf"^{name}\s*\?=\s*(\S+)$", makefile, re.MULTILINE)
    return found and found.group(1)


@pytest.mark.parametrize("function", functions())
def test_function_runs_on_the_python_of_the_project(function: str) -> None:
    assert functions()[function]["Runtime"] == f"python{PYTHON_VERSION}"


@pytest.mark.parametrize("function", functions())
def test_function_runs_where_its_layers_do(function: str) -> None:
    properties = functions()[function]
    assert [layer["Ref"] for layer in properties["Layers"]] == list(LAYERS)
    for layer in LAYERS.values():
        assert layer["Properties"]["CompatibleArchitectures"] == properties["Architectures"]


@each_layer
def test_layer_is_built_for_the_runtime_of_the_functions(layer: str) -> None:
    makefile = makefile_of(layer)
    assert LAYERS[layer]["Properties"]["CompatibleRuntimes"] == [f"python{PYTHON_VERSION}"]
    assert variable(makefile, "PYTHON") == f"python{PYTHON_VERSION}"
    assert variable(makefile, "PYTHON_VERSION") in {PYTHON_VERSION, None}


@each_layer
def test_layer_is_built_for_the_architecture_of_the_functions(layer: str) -> None:
    architecture = LAYERS[layer]["Metadata"]["BuildArchitecture"]
    assert LAYERS[layer]["Properties"]["CompatibleArchitectures"] == [architecture]
    platform = variable(makefile_of(layer), "PLATFORM")
    assert platform is None or platform.startswith(f"{MACHINE_OF[architecture]}-")


@each_layer
def test_layer_has_the_make_rule_that_sam_calls(layer: str) -> None:
    assert LAYERS[layer]["Metadata"]["BuildMethod"] == "makefile"
    assert f"\nbuild-{layer}:" in makefile_of(layer)


def test_make_build_asks_for_the_python_of_the_runtime() -> None:
    major, minor = PYTHON_VERSION.split(".")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"sys.version_info[:2] != ({major}, {minor})" in makefile


def test_project_supports_the_python_of_the_runtime() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"])
    assert bounds
    assert int(bounds[1]) <= int(PYTHON_VERSION.removeprefix("3.")) < int(bounds[2])
