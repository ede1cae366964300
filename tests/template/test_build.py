"""Layers and functions are built once, and again when their inputs change."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local.stack import build as build_module
from local.stack.build import Build, build
from local.stack.errors import StackError

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  CoreLayer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: makefile}
    Properties: {ContentUri: core}
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: hello, Handler: app.handler, Runtime: python3.13}
"""
MAKEFILE = """
build-CoreLayer:
	mkdir -p "$(ARTIFACTS_DIR)/python"
	cp noun.py "$(ARTIFACTS_DIR)/python/"
	echo built >>built.log
"""

Builder = Callable[[], Build]


def make_project(folder: Path) -> Path:
    for name in ("core", "hello"):
        (folder / name).mkdir()
    (folder / "template.yaml").write_text(TEMPLATE)
    makefile = MAKEFILE.replace("built.log", str(folder / "built.log"))
    (folder / "core/Makefile").write_text(makefile)
    (folder / "core/noun.py").write_text("A = 1\n")
    (folder / "hello/app.py").write_text("def handler(event, context): ...\n")
    return folder


def build_in(project: Path) -> Build:
    template, directory = project / "template.yaml", project / "out"
    return build("eu-west-1", "artifacts", template=template, directory=directory)


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template's translation, which takes seconds and is the same for every test."""
    project = make_project(tmp_path_factory.mktemp("translated"))
    build_in(project)
    (kept,) = (project / "out").glob("template-*.json")
    return kept


@pytest.fixture
def project(tmp_path: Path, translated: Path) -> Path:
    (tmp_path / "out").mkdir()
    shutil.copy(translated, tmp_path / "out")
    return make_project(tmp_path)


@pytest.fixture
def build_project(project: Path) -> Builder:
    return lambda: build_in(project)


def opened(zipped: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(zipped))


def layer_builds(project: Path) -> int:
    return len((project / "built.log").read_text().splitlines())


def test_layer_is_built_by_its_makefile_and_function_is_its_folder(build_project: Builder) -> None:
    built = build_project()
    contents = {
        logical_id: opened(zipped).namelist() for logical_id, zipped in built.artifacts.items()
    }
    assert contents == {"CoreLayer": ["python/noun.py"], "HelloFunction": ["app.py"]}
    code = built.template["Resources"]["HelloFunction"]["Properties"]["Code"]
    assert code == {"S3Bucket": "artifacts", "S3Key": "HelloFunction.zip"}


def test_only_what_changed_is_built_again(
    project: Path, build_project: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build_project()
    (project / "core/__pycache__").mkdir()
    (project / "core/__pycache__/noun.pyc").write_bytes(b"of a test run")
    monkeypatch.setattr(build_module, "SAM_PYTHON", project / "is not needed again")
    assert build_project() == before
    assert layer_builds(project) == 1

    (project / "core/noun.py").write_text("A = 2\n")
    after = build_project()
    assert layer_builds(project) == 2
    assert after.artifacts["HelloFunction"] == before.artifacts["HelloFunction"]
    assert b"A = 2" in opened(after.artifacts["CoreLayer"]).read("python/noun.py")
    assert len(list((project / "out").glob("CoreLayer-*"))) == 1


def test_renamed_file_is_a_change(project: Path, build_project: Builder) -> None:
    build_project()
    (project / "hello/app.py").rename(project / "hello/main.py")
    assert opened(build_project().artifacts["HelloFunction"]).namelist() == ["main.py"]


def test_same_content_gives_the_same_bytes(project: Path, build_project: Builder) -> None:
    before = build_project()
    for path in (project / "out").glob("*.zip"):
        path.unlink()
    (project / "hello/app.py").touch()
    assert build_project() == before


def test_failed_layer_is_reported_with_makes_output_and_not_cached(
    project: Path, build_project: Builder
) -> None:
    makefile = project / "core/Makefile"
    good = makefile.read_text()
    makefile.write_text("build-CoreLayer:\n\t@echo no such package >&2; exit 7\n")
    with pytest.raises(StackError, match=r"(?s)CoreLayer could not be built:.*no such package"):
        build_project()
    makefile.write_text(good)
    assert "CoreLayer" in build_project().artifacts


def test_aws_profile_of_the_developer_is_ignored(
    project: Path, build_project: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "is-not-there")
    (project / "template.yaml").write_text(f"{TEMPLATE}\n# not translated yet\n")
    assert build_project().template["Resources"].keys() >= {"HelloFunction"}


def test_invalid_template_is_reported_with_the_translators_reason(
    project: Path, build_project: Builder
) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("Handler:", "Handle:"))
    with pytest.raises(StackError, match=r"not a template that AWS would accept:\n.*Handle"):
        build_project()


@pytest.mark.parametrize(
    ("text", "words"),
    [("Resources: [", "while parsing"), ("", "no Resources")],
)
def test_file_that_is_not_a_template_is_reported(
    project: Path, build_project: Builder, text: str, words: str
) -> None:
    (project / "template.yaml").write_text(text)
    with pytest.raises(StackError, match=words) as caught:
        build_project()
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("hello,", "missing,"), "which is not a folder"),
        (("makefile", "python3.13"), "supports makefile"),
    ],
)
def test_artifact_that_cannot_be_built_here_is_reported(
    project: Path, build_project: Builder, change: tuple[str, str], words: str
) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace(*change))
    with pytest.raises(StackError, match=words):
        build_project()
