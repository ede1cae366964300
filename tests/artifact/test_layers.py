"""The layers hold what Lambda can load, and nothing of the machine that built them."""

from __future__ import annotations

import filecmp
import importlib.util
import marshal
import struct
import subprocess
from typing import TYPE_CHECKING

from tests.artifact.runtime import PYTHON
from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import CodeType

AARCH64 = 183  # EM_AARCH64 of the ELF specification
UNCHECKED_HASH = 0b01  # PEP 552: hash-based, source not checked
LAYER_LIMIT = 250 * 1024 * 1024  # unzipped, all layers and the function (Lambda quotas)


def files(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(each for each in folder.rglob(pattern) if each.is_file())


def code_names(code: CodeType) -> Iterator[str]:
    yield code.co_filename
    for constant in code.co_consts:
        if hasattr(constant, "co_filename"):
            yield from code_names(constant)


def layers(artifact: Path) -> list[Path]:
    return [artifact / "CoreLayer", artifact / "DependenciesLayer"]


def test_two_builds_in_two_folders_are_byte_identical(
    artifact: Path, built_elsewhere: Path
) -> None:
    names = [each.relative_to(artifact) for each in files(artifact)]
    assert names == [each.relative_to(built_elsewhere) for each in files(built_elsewhere)]
    _, different, unreadable = filecmp.cmpfiles(
        artifact, built_elsewhere, [str(name) for name in names], shallow=False
    )
    assert (different, unreadable) == ([], [])


def test_every_shared_object_is_for_the_processor_of_the_functions(artifact: Path) -> None:
    found = files(artifact, "*.so*")
    assert found
    for path in found:
        head = path.read_bytes()[:20]
        assert head[:4] == b"\x7fELF", path
        assert struct.unpack_from("<H", head, 18) == (AARCH64,), path


def test_bytecode_is_loaded_without_its_source_and_names_the_path_on_lambda(
    artifact: Path,
) -> None:
    for layer in layers(artifact):
        for source in files(layer / "python", "*.py"):
            compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
            content = compiled.read_bytes()
            assert content[:4] == importlib.util.MAGIC_NUMBER
            assert struct.unpack_from("<I", content, 4) == (UNCHECKED_HASH,)
            on_lambda = f"/opt/{source.relative_to(layer)}"
            assert set(code_names(marshal.loads(content[16:]))) == {on_lambda}  # noqa: S302


def test_function_is_its_sources(artifact: Path) -> None:
    for folder in artifact.glob("*Function"):
        (app,) = files(folder)
        assert app.name == "app.py"


def test_layer_has_what_is_imported_and_leaves_boto3_out(artifact: Path) -> None:
    packages = {each.name for each in (artifact / "DependenciesLayer/python").iterdir()}
    assert not packages & {"boto3", "s3transfer"}
    assert {"aws_lambda_powertools", "botocore", "pydantic", "requests"} <= packages


def test_every_package_keeps_its_license(artifact: Path) -> None:
    packages = [*(artifact / "DependenciesLayer/python").glob("*.dist-info")]
    assert packages
    for each in packages:
        names = " ".join(path.name.upper() for path in each.rglob("*"))
        assert "LICEN" in names or "License" in (each / "METADATA").read_text("utf-8"), each


def test_botocore_is_the_layers_though_the_runtime_has_one(
    artifact_of_this_machine: Path,
) -> None:
    # Lambda's runtime searches the function's folder, then the layers' /opt/python, and then its
    # own packages in /var/lang/lib/python3.13/site-packages (bootstrap.py of the runtime,
    # `set_default_sys_path`; awslambdaric imports none of these before the handler).
    layer = artifact_of_this_machine / "DependenciesLayer/python"
    imported = "import botocore, sys; print(botocore.__file__, 'boto3' in sys.modules)"
    for search_path, expected in (("", str(PYTHON.parents[1])), (str(layer), str(layer))):
        done = subprocess.run(
            [str(PYTHON), "-c", imported],
            env={"PYTHONPATH": search_path, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=artifact_of_this_machine,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(expected)


def test_artifact_stays_far_below_lambdas_limit(artifact: Path) -> None:
    assert sum(each.stat().st_size for each in files(artifact)) < LAYER_LIMIT / 4


def test_output_of_the_build_has_no_noise(artifact: Path) -> None:
    output = (artifact.parents[1] / "output").read_text()
    assert "stripdir" not in output
    assert str(ROOT) not in output
