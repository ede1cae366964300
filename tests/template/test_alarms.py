"""What needs a person raises an alarm, and the alarm says where to read what to do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from benchmarks.cost import IDLE_TARGET, idle_month
from benchmarks.prices import FREE_DASHBOARD_METRICS
from tests.integration.alarms import filtered
from tools.template_yaml import ROOT, environment_of, functions, load, referred, resources_of_type

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
MOST_WATCHED = 11
"""Metrics that the alarms of a stack may watch: CloudWatch charges a tenth of a dollar a month for
each, and an idle stack is to cost no more than three (`benchmarks/cost.py`)."""


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


def test_alarms_watch_few_metrics() -> None:
    assert sum(len(watched_by(alarm)) for alarm in ALARMS.values()) <= MOST_WATCHED


def test_idle_stack_costs_no_more_than_its_goal() -> None:
    assert sum(idle_month().values()) <= IDLE_TARGET


def urls_of(text: str) -> list[str]:
    return re.findall(r"\$\{(\w+)\}", text)


def test_messages_in_every_dead_letter_queue_are_counted_by_the_refresher() -> None:
    """SQS has no metric of several queues, so the function that runs anyway reads their depths."""
    urls = environment_of("TokenRefresherFunction")["DEAD_LETTER_QUEUE_URLS"]["Fn::Sub"]
    assert urls.split() == [f"${{{queue}}}" for queue in urls_of(urls)]
    assert sorted(urls_of(urls)) == DEAD_LETTER_QUEUES
    policies = json.dumps(load()["Resources"]["TokenRefresherRole"])
    assert all(f'"Fn::GetAtt": ["{queue}", "Arn"]' in policies for queue in DEAD_LETTER_QUEUES)
    alarm = ALARMS["DeadLettersAlarm"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("DeadLetters", "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["EvaluationPeriods"] == 1


def test_refused_messages_are_in_no_queue_that_can_be_moved_back() -> None:
    """`StartMessageMoveTask` moves from dead-letter queues of other queues only (Amazon SQS API
    reference)."""
    assert REFUSED in QUEUES
    assert REFUSED not in DEAD_LETTER_QUEUES


def test_expression_uses_every_metric_of_its_alarm() -> None:
    """No alarm for people has one: it would pay for each metric."""
    assert not [name for name, alarm in ALARMS.items() if "Metrics" in alarm]
    metrics = load()["Resources"]["ReleaseFailingAlarm"]["Properties"]["Metrics"]
    (expression,) = [each["Expression"] for each in metrics if "Expression" in each]
    ids = {each["Id"] for each in metrics if "MetricStat" in each}
    assert set(re.findall(r"[a-z_]+", expression)) == ids
    assert len(ids) <= 10  # CloudWatch user guide, "Create a CloudWatch alarm based on metric math"


def test_failures_of_every_function_are_counted_from_its_log() -> None:
    """Lambda's own metrics are one for each function; a metric filter adds to one of ours."""
    filters = [each["Properties"] for each in resources_of_type("AWS::Logs::MetricFilter").values()]
    assert sorted(each["LogGroupName"]["Ref"] for each in filters) == sorted(
        function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions().values()
    )
    assert len({each["FilterPattern"] for each in filters}) == 1
    alarm = ALARMS["FunctionsFailingAlarm"]
    for each in filters:
        (made,) = each["MetricTransformations"]
        assert made["MetricNamespace"] == alarm["Namespace"] == OWN_NAMESPACE
        assert made["MetricName"] == alarm["MetricName"]
        assert "DefaultValue" not in made  # it would have data, and a price, in every hour
    assert "Dimensions" not in alarm


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ({"type": "platform.report", "record": {"status": "timeout"}}, 1),
        ({"type": "platform.report", "record": {"status": "success"}}, 0),
        ({"type": "platform.runtimeDone", "record": {"status": "timeout"}}, 0),  # a report follows
        ({"level": "ERROR", "message": "batch failed; its messages will be retried"}, 1),
        ({"level": "ERROR", "message": "message failed; it will be retried"}, 1),
        ({"level": "WARNING", "message": "message failed; it will be retried"}, 0),
        ({"level": "ERROR", "message": "stored item cannot be read"}, 0),
    ],
)
def test_failures_are_told_from_other_lines(line: dict[str, Any], counts: int) -> None:
    assert len(filtered(line)) == counts


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
    if metric == "FunctionFailures":  # of metric filters
        return
    (dimension,) = watched["Dimensions"]
    assert dimension["Name"] == "service"
    assert watched["Namespace"] == OWN_NAMESPACE
    counting = [
        ROOT / functions()[name]["CodeUri"] / "app.py"
        for name in functions()
        if environment_of(name)["POWERTOOLS_SERVICE_NAME"] == dimension["Value"]
    ]
    if dimension["Value"] == "any":  # what several functions count
        counting = [*ROOT.glob("functions/*/app.py"), ROOT / "layers/core/push/aws/items.py"]
    assert counting
    code = "".join(each.read_text(encoding="utf-8") for each in counting)
    assert f'"{metric}"' in code


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
        (metric[0], metric[1], *metric[3:4])
        for widget in json.loads(body)["widgets"]
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    ]
    assert len(set(shown)) <= FREE_DASHBOARD_METRICS
    table = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for namespace, name, *services in shown:
        if namespace == OWN_NAMESPACE["Fn::Sub"]:
            (service,) = services
            assert re.search(rf"^\|.*`{name}`.*\| .*\b({service}|all)\b.* \|", table, re.MULTILINE)
    lambdas = {each[2] for each in shown if each[:2] == ("AWS/Lambda", "Errors")}
    assert lambdas == {f"${{{function}}}" for function in functions()}
