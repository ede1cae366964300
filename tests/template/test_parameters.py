"""Parameters have bounds, and their defaults fit a new account."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tools.template_yaml import ROOT, functions, load

PARAMETERS: dict[str, dict[str, Any]] = load()["Parameters"]
NEW_ACCOUNTS_CONCURRENCY = 10
"""Lambda's concurrent executions in a new account (AWS Lambda, "Lambda quotas")."""
FEWEST_OF_A_SOURCE = 2  # MaximumConcurrency of an SQS event source, at least


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_parameter_has_bounds_and_a_default(parameter: str) -> None:
    described = PARAMETERS[parameter]
    assert "Default" in described
    bounds = {"AllowedValues", "AllowedPattern"} & described.keys()
    assert bounds or {"MinValue", "MaxValue"} <= described.keys()


def test_every_parameter_is_in_a_group_of_the_console() -> None:
    groups = load()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for each in groups for name in each["Parameters"]) == sorted(PARAMETERS)


def test_workers_leave_room_for_the_api_in_a_new_account() -> None:
    of_sources = [
        PARAMETERS[event["Properties"]["ScalingConfig"]["MaximumConcurrency"]["Ref"]]
        for properties in functions().values()
        for event in properties["Events"].values()
        if event["Type"] == "SQS"
    ]
    assert all(each["MinValue"] >= FEWEST_OF_A_SOURCE for each in of_sources)
    assert sum(each["Default"] for each in of_sources) <= NEW_ACCOUNTS_CONCURRENCY - 2


def test_repository_metadata_has_the_projects_version_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    application = load()["Metadata"]["AWS::ServerlessRepo::Application"]
    assert application["SpdxLicenseId"] == project["license"]
    assert application["SemanticVersion"] == project["version"]
    assert (ROOT / application["LicenseUrl"]).exists()
    assert (ROOT / application["ReadmeUrl"]).exists()
