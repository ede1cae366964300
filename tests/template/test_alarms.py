"""What needs a person raises an alarm, and the alarm says where to read what to do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from push.delivery.report import Retry
from tools.template_yaml import ROOT, environment_of, functions, load, referred, resources_of_type
from wns.result import Outcome

QUEUES = resources_of_type("AWS::SQS::Queue")
ALARMS = {
    name: each["Properties"]
    for name, each in resources_of_type("AWS::CloudWatch::Alarm").items()
    if name != "ReleaseFailingAlarm"  # it tells CodeDeploy, not a person
}
each_alarm = pytest.mark.parametrize("alarm", ALARMS)


def watched_by(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm looks at: one, or those that its expression is made of."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


OWN_NAMESPACE = load()["Globals"]["Function"]["Environment"]["Variables"][
    "POWERTOOLS_METRICS_NAMESPACE"
]
COUNTED_BY_US = [
    (metric["MetricName"], metric)
    for alarm in ALARMS.values()
    for metric in watched_by(alarm)
    if not str(metric["Namespace"]).startswith("AWS/")
]
CALLED_BY_HTTP = {
    name
    for name, function in functions().items()
    if {event["Type"] for event in function["Events"].values()} == {"HttpApi"}
}
"""Functions whose failures are a 5xx of the API, for which ApiFailing rings."""
OF_FUNCTIONS = {
    "FunctionsFailing": ("Errors", functions().keys()),
    "FunctionsThrottled": ("Throttles", functions().keys() - CALLED_BY_HTTP),
}


def arns_of_dead_letter_queues(node: Any) -> list[Any]:
    """Every ARN in the template that names where failed work goes."""
    if isinstance(node, list):
        return [arn for each in node for arn in arns_of_dead_letter_queues(each)]
    if not isinstance(node, dict):
        return []
    found = [node["deadLetterTargetArn"]] if "deadLetterTargetArn" in node else []
    found += [node["DeadLetterConfig"]["Arn"]] if "DeadLetterConfig" in node else []
    found += [node["OnFailure"]["Destination"]] if "OnFailure" in node else []
    return found + [arn for each in node.values() for arn in arns_of_dead_letter_queues(each)]


REFUSED = "RefusedDlq"
"""The queue of messages that the functions dead-letter themselves."""
DEAD_LETTER_QUEUES = sorted({referred(arn) for arn in arns_of_dead_letter_queues(load())})


@pytest.mark.parametrize("queue", [*DEAD_LETTER_QUEUES, REFUSED])
def test_first_message_in_a_dead_letter_queue_raises_an_alarm(queue: str) -> None:
    name = {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}
    ((alarm, metric),) = [
        (alarm, metric)
        for alarm in ALARMS.values()
        for metric in watched_by(alarm)
        if name in metric["Dimensions"]
    ]
    assert (metric["Namespace"], metric["MetricName"]) == (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
    )
    stats = [each["MetricStat"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for period, statistic in {(each["Period"], each["Stat"]) for each in stats} or {
        (alarm["Period"], alarm["Statistic"])
    }:
        assert statistic == "Maximum"
        assert alarm["EvaluationPeriods"] * period <= 300
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_refused_messages_are_in_no_queue_that_can_be_moved_back() -> None:
    """`StartMessageMoveTask` moves from dead-letter queues of other queues only (Amazon SQS API
    reference)."""
    assert REFUSED in QUEUES
    assert REFUSED not in DEAD_LETTER_QUEUES


@pytest.mark.parametrize("alarm", [each for each in ALARMS if "Metrics" in ALARMS[each]])
def test_expression_uses_every_metric_of_its_alarm(alarm: str) -> None:
    (expression,) = [
        each["Expression"] for each in ALARMS[alarm]["Metrics"] if "Expression" in each
    ]
    ids = {each["Id"] for each in ALARMS[alarm]["Metrics"] if "MetricStat" in each}
    assert set(re.findall(r"[a-z_]+", expression)) == ids
    assert len(ids) <= 10  # CloudWatch user guide, "Create a CloudWatch alarm based on metric math"


@pytest.mark.parametrize("alarm", OF_FUNCTIONS)
def test_alarm_watches_every_function_whose_failure_no_other_alarm_sees(alarm: str) -> None:
    counted, expected = OF_FUNCTIONS[alarm]
    watched = {
        each["Value"]["Ref"]
        for metric in watched_by(ALARMS[f"{alarm}Alarm"])
        if metric["MetricName"] == counted
        for each in metric["Dimensions"]
        if each["Name"] == "FunctionName"
    }
    assert watched == expected


@each_alarm
def test_alarm_is_sent_to_the_topic_and_only_a_heartbeat_rings_without_data(alarm: str) -> None:
    assert ALARMS[alarm]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    is_heartbeat = alarm == "RefresherSilentAlarm"
    expected = "breaching" if is_heartbeat else "notBreaching"
    assert ALARMS[alarm]["TreatMissingData"] == expected


@pytest.mark.parametrize(("metric", "watched"), COUNTED_BY_US)
def test_alarm_on_a_metric_of_ours_watches_what_the_code_counts(
    metric: str, watched: dict[str, Any]
) -> None:
    (dimension,) = watched["Dimensions"]
    assert dimension["Name"] == "service"
    assert watched["Namespace"] == OWN_NAMESPACE
    counting = [
        ROOT / functions()[name]["CodeUri"] / "app.py"
        for name in functions()
        if environment_of(name)["POWERTOOLS_SERVICE_NAME"] == dimension["Value"]
    ]
    if dimension["Value"] == "any":
        counting = [ROOT / "layers/core/push/aws/items.py"]  # what every function may count
    assert len(counting) == 1
    code = "".join(each.read_text(encoding="utf-8") for each in counting)
    counted = {*Outcome, *Retry}
    of_outcomes = {"".join(map(str.capitalize, each.split("_"))) for each in counted}
    assert f'"{metric}"' in code or ("metric_name(outcome)" in code and metric in of_outcomes)


@each_alarm
def test_alarm_has_a_runbook_and_names_it(alarm: str) -> None:
    runbook = alarm.removesuffix("Alarm")
    assert ALARMS[alarm]["AlarmDescription"].endswith(f"(docs/operations.md, {runbook})")
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {runbook}$", page, re.MULTILINE)


def test_stacks_of_an_account_share_no_metric() -> None:
    assert "${AWS::StackName}" in OWN_NAMESPACE["Fn::Sub"]


def test_dashboard_shows_metrics_that_exist() -> None:
    (dashboard,) = resources_of_type("AWS::CloudWatch::Dashboard").values()
    body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    referred_to = {each.partition(".")[0] for each in re.findall(r"\$\{(\w+(?:\.\w+)?)\}", body)}
    assert referred_to <= load()["Resources"].keys()
    shown = [
        (metric[0], metric[1], metric[3])
        for widget in json.loads(body)["widgets"]
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    ]
    table = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for namespace, name, service in shown:
        if namespace == OWN_NAMESPACE["Fn::Sub"]:
            assert re.search(rf"^\|.*`{name}`.*\| .*\b({service}|all)\b.* \|", table, re.MULTILINE)
    lambdas = {
        service
        for namespace, name, service in shown
        if (namespace, name) == ("AWS/Lambda", "Errors")
    }
    assert lambdas == {f"${{{function}}}" for function in functions()}
