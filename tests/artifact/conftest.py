"""Artifacts as `sam build` makes them: for Lambda, twice in two folders, and for this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.stack.ports import Ports
from local.stack.stack import LaptopStack
from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAMBDA_PYTHON = (3, 13)
SOURCES = ("functions", "layers", "samconfig.toml", "template.yaml")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give builds, which some of these tests wait for, their time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Copies the sources into a folder of that name and builds them there; returns the build."""
    if sys.version_info[:2] != LAMBDA_PYTHON:
        pytest.skip("sam build needs Python 3.13, the version that Lambda runs")
    subprocess.run([str(ROOT / "tools/setup.sh"), "lambda", "sam"], check=True)

    def build_in(name: str, **settings: str) -> Path:
        folder = tmp_path_factory.mktemp("artifact") / name
        folder.mkdir()
        for source in SOURCES:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, folder / source)
        tools = f"{Path(sys.executable).parent}:{ROOT}/.tools/uv/bin:{os.environ['PATH']}"
        done = subprocess.run(
            [str(ROOT / ".tools/sam/bin/sam"), "build"],
            cwd=folder,
            env={**os.environ, "PATH": tools, "SAM_CLI_TELEMETRY": "0", **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (folder / "output").write_text(done.stdout + done.stderr)
        return folder / ".aws-sam/build"

    return build_in


@pytest.fixture(scope="session")
def artifact(build: Callable[..., Path]) -> Path:
    """What is deployed: arm64, Python 3.13."""
    return build("first")


@pytest.fixture(scope="session")
def built_elsewhere(build: Callable[..., Path]) -> Path:
    return build("second, with spaces")


@pytest.fixture(scope="session")
def artifact_of_this_machine(build: Callable[..., Path]) -> Path:
    """The same sources and lock, with the packages' binaries for this machine."""
    return build("host", PLATFORM="")


@pytest.fixture(scope="session")
def stack() -> Iterator[LaptopStack]:
    """AWS and WNS for the functions to call; its logs are in .local/logs/artifact."""
    with LaptopStack("artifact", Ports.free()) as running:
        yield running
