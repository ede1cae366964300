"""Tables, logs, parameters and names: what holds for each of its kind."""

from __future__ import annotations

from typing import Any

import pytest

from tools.template_yaml import environment_of, functions, load, referred, resources_of_type

TABLES = resources_of_type("AWS::DynamoDB::Table")
LOG_GROUPS = resources_of_type("AWS::Logs::LogGroup")
PHYSICAL_NAMES = {
    *("AlarmName", "FunctionName", "GroupName", "LayerName", "LogGroupName", "Name"),
    *("QueueName", "RoleName", "TableName", "TopicName"),
}
RE_DERIVED = {"RatesTable"}
"""Tables whose items the functions make anew: nothing to restore, nothing to keep."""
NAMED_ON_PURPOSE = {"GameEventBus": "other services have to name it before they publish"}

each_table = pytest.mark.parametrize("table", TABLES)
each_kept_table = pytest.mark.parametrize("table", sorted(TABLES.keys() - RE_DERIVED))
each_function = pytest.mark.parametrize("function", functions())
each_log_group = pytest.mark.parametrize("log_group", LOG_GROUPS)


@each_table
def test_items_of_a_table_expire(table: str) -> None:
    assert TABLES[table]["Properties"]["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }


@each_kept_table
def test_table_can_be_restored_to_any_point_in_time(table: str) -> None:
    assert TABLES[table]["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }


@each_kept_table
def test_table_outlives_its_stack_and_its_replacement(table: str) -> None:
    assert TABLES[table]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert TABLES[table]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("table", RE_DERIVED)
def test_table_whose_items_are_made_anew_goes_with_its_stack_and_pays_for_no_backup(
    table: str,
) -> None:
    assert TABLES[table]["DeletionPolicy"] == "Delete"
    assert TABLES[table]["UpdateReplacePolicy"] == "Delete"
    assert "PointInTimeRecoverySpecification" not in TABLES[table]["Properties"]


@each_table
def test_table_costs_nothing_unless_used(table: str) -> None:
    assert TABLES[table]["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


@each_function
def test_function_logs_json_to_a_group_of_its_own_at_the_level_of_its_code(function: str) -> None:
    """Lambda drops lines below its own level, whatever the code's level is."""
    config = functions()[function]["LoggingConfig"]
    groups = [referred(each["LoggingConfig"]["LogGroup"]) for each in functions().values()]
    assert config["LogFormat"] == "JSON"
    assert config["ApplicationLogLevel"] == environment_of(function)["POWERTOOLS_LOG_LEVEL"]
    assert config["SystemLogLevel"] == "WARN"  # a line of Lambda's own for each failure only
    assert groups.count(referred(config["LogGroup"])) == 1


@each_function
def test_function_calls_aws_in_the_standard_retry_mode(function: str) -> None:
    assert environment_of(function)["AWS_RETRY_MODE"] == "standard"


@each_log_group
def test_logs_are_kept_as_long_as_the_parameter_says(log_group: str) -> None:
    properties = LOG_GROUPS[log_group]["Properties"]
    assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@each_log_group
def test_log_group_goes_with_its_stack(log_group: str) -> None:
    assert LOG_GROUPS[log_group]["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("parameter", load()["Parameters"])
def test_parameter_is_described(parameter: str) -> None:
    assert len(load()["Parameters"][parameter]["Description"]) >= 15


def test_two_stacks_fit_into_one_account() -> None:
    """What has a name of its own exists once in an account; CloudFormation makes unique names."""
    named = {
        name
        for name, resource in load()["Resources"].items()
        if PHYSICAL_NAMES & resource.get("Properties", {}).keys()
        and resource["Type"] != "AWS::Logs::MetricFilter"  # its LogGroupName is another's
    }
    assert named == NAMED_ON_PURPOSE.keys()
    for name in named:
        assert "${AWS::StackName}" in load()["Resources"][name]["Properties"]["Name"]["Fn::Sub"]


def schedules() -> dict[str, dict[str, Any]]:
    return {
        f"{function}.{name}": event["Properties"]
        for function, properties in functions().items()
        for name, event in properties["Events"].items()
        if event["Type"] == "ScheduleV2"
    }


@pytest.mark.parametrize("schedule", schedules())
def test_schedule_takes_no_name_from_its_logical_id(schedule: str) -> None:
    """SAM names a schedule after the event, the same in every stack, unless told not to."""
    assert schedules()[schedule]["OmitName"] is True


def test_no_log_level_drops_the_metrics() -> None:
    """They travel in the logs without a level, which Lambda takes for INFO (AWS Lambda, "Log-level
    filtering")."""
    assert set(load()["Parameters"]["LogLevel"]["AllowedValues"]) <= {"TRACE", "DEBUG", "INFO"}
