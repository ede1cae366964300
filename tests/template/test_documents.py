"""What the documents name exists: parameters, outputs, make targets and files."""

from __future__ import annotations

import re

import pytest
import yaml

from tools.release_notes import notes
from tools.template_yaml import ROOT, load

DEPLOY = (ROOT / "docs/deploy.md").read_text("utf-8")
PAGES = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "docs/deploy.md"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("parameter", load()["Parameters"])
def test_parameter_is_in_the_table_of_parameters(parameter: str) -> None:
    assert re.search(rf"^\|.*`{parameter}`.*\|", DEPLOY, re.MULTILINE)


def test_outputs_that_the_page_names_exist() -> None:
    named = set(re.findall(r"<(\w+)>", DEPLOY)) | set(re.findall(r"`(\w+(?:Arn|Target))`", DEPLOY))
    named -= {"issuer", "owner", "repository", "number", "stack", "CertificateArn"}
    assert named <= load()["Outputs"].keys()


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", text, re.MULTILINE)) <= make_targets()


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    paths = re.findall(r"`((?:docs|functions|layers|local|tests|tools|events)/[\w./-]+)`", text)
    paths += re.findall(r"\]\((?!https?:)([\w./-]+)", text)
    for path in paths:
        assert (ROOT / path).exists() or ((ROOT / page).parent / path).exists(), path


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.stem)
def test_action_of_a_workflow_is_pinned_and_workflows_get_no_more_than_they_need(
    workflow: object,
) -> None:
    document = yaml.safe_load(workflow.read_text("utf-8"))  # type: ignore[attr-defined]
    assert document["permissions"]
    for job in document["jobs"].values():
        for step in job["steps"]:
            assert "uses" not in step or PINNED.fullmatch(step["uses"])
            # An expression inside a script would run what somebody typed as an input.
            assert "${{" not in step.get("run", "")


def test_deployment_waits_for_the_approval_of_its_environment() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    (job,) = document["jobs"].values()
    assert job["environment"] == "${{ inputs.environment }}"
    assert document["permissions"] == {"contents": "read", "id-token": "write"}


def test_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    changelog = "# Changelog\n\n## 0.2.0 - soon\n\n- new\n\n## 0.1.0\n\n- old\n"
    assert notes("v0.2.0", changelog, "0.2.0") == "- new\n"
    with pytest.raises(ValueError, match=r"pyproject\.toml says 0\.2\.0"):
        notes("v0.1.0", changelog, "0.2.0")
    with pytest.raises(ValueError, match="no section"):
        notes("v0.3.0", changelog, "0.3.0")
