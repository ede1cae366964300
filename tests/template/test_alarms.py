"""What needs a person raises an alarm, and the alarm says where to read what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest

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


COUNTED_BY_US = [
    (metric["MetricName"], metric)
    for alarm in ALARMS.values()
    for metric in watched_by(alarm)
    if not metric["Namespace"].startswith("AWS/")
]


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


DEAD_LETTER_QUEUES = sorted({referred(arn) for arn in arns_of_dead_letter_queues(load())})


@pytest.mark.parametrize("queue", DEAD_LETTER_QUEUES)
def test_first_message_in_a_dead_letter_queue_raises_an_alarm(queue: str) -> None:
    name = {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}
    (alarm,) = [each for each in ALARMS.values() if name in each.get("Dimensions", [])]
    assert alarm["Namespace"] == "AWS/SQS"
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Statistic"] == "Maximum"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["EvaluationPeriods"] * alarm["Period"] <= 300


@each_alarm
def test_alarm_is_sent_to_the_topic_and_is_silent_without_data(alarm: str) -> None:
    assert ALARMS[alarm]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert ALARMS[alarm]["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(("metric", "watched"), COUNTED_BY_US)
def test_alarm_on_a_metric_of_ours_watches_what_the_code_counts(
    metric: str, watched: dict[str, Any]
) -> None:
    (dimension,) = watched["Dimensions"]
    assert dimension["Name"] == "service"
    (function,) = [
        name
        for name in functions()
        if environment_of(name)["POWERTOOLS_SERVICE_NAME"] == dimension["Value"]
    ]
    assert environment_of(function)["POWERTOOLS_METRICS_NAMESPACE"] == watched["Namespace"]
    app = ROOT / functions()[function]["CodeUri"] / "app.py"
    counting = [app, ROOT / "layers/core/push/aws/items.py"]  # what every function may count
    code = "".join(each.read_text(encoding="utf-8") for each in counting)
    of_outcomes = {"".join(map(str.capitalize, outcome.split("_"))) for outcome in Outcome}
    assert f'"{metric}"' in code or ("metric_name(outcome)" in code and metric in of_outcomes)


@each_alarm
def test_alarm_has_a_runbook_and_names_it(alarm: str) -> None:
    runbook = alarm.removesuffix("Alarm")
    assert ALARMS[alarm]["AlarmDescription"].endswith(f"(docs/operations.md, {runbook})")
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {runbook}$", page, re.MULTILINE)
