"""The build of layers and functions for this machine, by the rules that `sam build` has for Lambda.

A layer is built by its own Makefile, with the interpreter that the emulated functions run under; a
function is its folder. Artifacts are cached until their inputs change.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
BUILD_DIRECTORY = ROOT / ".local/build"
SAM_PYTHON = ROOT / ".tools/sam/bin/python"
UV = ROOT / ".tools/uv/bin/uv"
# The earliest time that a zip can hold; fixed, so that equal content gives equal bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
MAKE_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")


class Build(NamedTuple):
    template: dict[str, Any]
    artifacts: dict[str, bytes]
    """The zip of each layer and function, by logical id."""


def build(
    region: str, bucket: str, *, template: Path = TEMPLATE, directory: Path = BUILD_DIRECTORY
) -> Build:
    """Translate the template and build its layers and functions, if they have changed.

    The translated template expects each artifact in `bucket` as `<logical id>.zip`.

    Raises:
        StackError: the template or a layer is invalid; contains the tool's output.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory / "lock"):
        translated = _translate(template, region, bucket, directory)
        artifacts = {
            logical_id: _artifact(
                logical_id, template.parent / each["source"], each["build_method"], directory
            ).read_bytes()
            for logical_id, each in translated["artifacts"].items()
        }
    return Build(translated["template"], artifacts)


def _translate(template: Path, region: str, bucket: str, directory: Path) -> dict[str, Any]:
    script = Path(__file__).with_name("sam_transform.py")
    inputs = [template, script, ROOT / "requirements/sam.txt"]
    path = directory / f"template-{_digest(inputs, ROOT, region, bucket)}.json"
    if not path.exists():
        output = _run(
            f"{template.name} is not a template that AWS would accept:",
            [str(SAM_PYTHON), "-m", "local.stack.sam_transform", str(template), region, bucket],
            environment={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        _replace(path, "template-*.json", output.encode())
    translated: dict[str, Any] = json.loads(path.read_text())
    return translated


def _artifact(logical_id: str, source: Path, build_method: str, directory: Path) -> Path:
    if not source.is_dir():
        raise StackError(f"{logical_id} is to be built from {source}, which is not a folder.")
    files = _files(source)
    path = directory / f"{logical_id}-{_digest(files, source, sys.version, build_method)}.zip"
    if path.exists():
        return path
    if build_method == "copy":
        _replace(path, f"{logical_id}-*.zip", _zip(files, source))
    elif build_method == "makefile":
        with tempfile.TemporaryDirectory(dir=directory) as built:
            _run(
                f"{logical_id} could not be built:",
                [
                    "make", "--silent", "-C", str(source), f"build-{logical_id}",
                    f"ARTIFACTS_DIR={built}", f"UV={UV}", f"PYTHON={sys.executable}",
                    "PYTHON_VERSION={}.{}".format(*sys.version_info), "PLATFORM=",
                ],
                environment={
                    name: value for name, value in os.environ.items() if name not in MAKE_VARIABLES
                },
            )  # fmt: skip
            built_files = sorted(each for each in Path(built).rglob("*") if each.is_file())
            _replace(path, f"{logical_id}-*.zip", _zip(built_files, Path(built)))
    else:
        raise StackError(
            f"{logical_id} has the build method {build_method!r}; "
            "the laptop stack supports makefile."
        )
    return path


def _files(source: Path) -> list[Path]:
    return sorted(
        each for each in source.rglob("*") if each.is_file() and "__pycache__" not in each.parts
    )


def _digest(files: Iterable[Path], root: Path, *settings: str) -> str:
    digest = hashlib.sha256()
    for each in files:
        name = each.relative_to(root).as_posix() if each.is_relative_to(root) else each.name
        content = hashlib.sha256(each.read_bytes()).hexdigest()
        digest.update(f"{name} {content}\n".encode())
    digest.update("\n".join(settings).encode())
    return digest.hexdigest()[:16]


def _zip(files: Iterable[Path], root: Path) -> bytes:
    """Zip files without compression: the archive stays on this machine."""
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for each in files:
                entry = zipfile.ZipInfo(each.relative_to(root).as_posix(), ZIP_TIME)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, each.read_bytes())
        target.seek(0)
        return target.read()


def _replace(path: Path, older: str, content: bytes) -> None:
    for each in path.parent.glob(older):
        each.unlink()
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.rename(path)


def _run(fault: str, command: list[str], *, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"{fault}\n{(done.stderr or done.stdout).strip()}")
    return done.stdout


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock, so that two stacks do not build the same artifact concurrently."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
