"""CloudWatch's part in tests: the metrics that handlers write to their logs, those that metric
filters make of log lines, those of AWS that the emulators can tell, and the alarms of
template.yaml, evaluated period by period."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.integration.backend import STACK
from tests.integration.logs import Log
from tools import template_yaml

if TYPE_CHECKING:
    import pytest

    from tests.integration.backend import Backend

Metric = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name and dimensions."""
Values = dict[Metric, list[float]]

_STATISTICS: dict[str, Any] = {"Sum": sum, "Maximum": max}


def alarms() -> dict[str, dict[str, Any]]:
    """Return the properties of every alarm that people are told of, by its name without "Alarm"."""
    found = template_yaml.resources_of_type("AWS::CloudWatch::Alarm")
    return {
        name.removesuffix("Alarm"): each["Properties"]
        for name, each in found.items()
        if "AlarmActions" in each["Properties"]
    }


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics that an alarm looks at: one, or those that its expression is made of."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def emitted(output: str) -> list[tuple[Metric, list[float]]]:
    """Return what the lines of a log in CloudWatch's embedded metric format say."""
    found = []
    for line in output.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        fields = json.loads(line)
        for group in fields["_aws"]["CloudWatchMetrics"]:
            (names,) = group["Dimensions"]
            dimensions = frozenset((name, fields[name]) for name in names)
            for each in group["Metrics"]:
                values = fields[each["Name"]]
                key = (group["Namespace"], each["Name"], dimensions)
                found.append((key, values if isinstance(values, list) else [values]))
    return found


def filtered(line: dict[str, Any]) -> list[tuple[Metric, float]]:
    """Return what the metric filters of a function's log group, which all have the same patterns,
    make of a line of its log."""
    found = {}
    for each in template_yaml.resources_of_type("AWS::Logs::MetricFilter").values():
        properties = each["Properties"]
        if not _matches(properties["FilterPattern"], line):
            continue
        for made in properties["MetricTransformations"]:
            key = text(made["MetricNamespace"]), made["MetricName"], frozenset[tuple[str, str]]()
            found[key] = float(made["MetricValue"])
    return list(found.items())


def _matches(pattern: str, line: dict[str, Any]) -> bool:
    """Return whether a filter pattern for JSON matches: comparisons of texts, with `*` at the
    beginning of a text, `&&`, `||` and parentheses."""

    def compared(comparison: re.Match[str]) -> str:
        path, operator, wanted = comparison.groups()
        value: Any = line
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        is_equal = isinstance(value, str) and (
            value.endswith(wanted[1:]) if wanted.startswith("*") else value == wanted
        )
        return str(is_equal == (operator == "="))

    condition = re.sub(r'\$\.([\w.]+) (=|!=) "([^"]*)"', compared, pattern.strip("{ }"))
    assert re.fullmatch(r"(True|False|&&|\|\||[ ()])+", condition)
    return bool(eval(condition.replace("&&", "and").replace("||", "or")))  # noqa: S307 - checked


class Watch:
    """One alarm and the periods that it has seen."""

    def __init__(
        self, game: Backend, capfd: pytest.CaptureFixture[str], alarm: str, log: Log | None = None
    ) -> None:
        self._game = game
        self._capfd = capfd
        self._log = log or Log()
        self._alarm = alarms()[alarm]
        self._periods: list[Values] = []
        self._of_aws: Values = defaultdict(list)
        capfd.readouterr()

    def count(self, namespace: str, name: str, **dimensions: str) -> None:
        """Count what AWS would count by itself."""
        self._of_aws[namespace, name, frozenset(dimensions.items())].append(1.0)

    def log(self, line: dict[str, Any]) -> None:
        """Log a line that Lambda would log by itself."""
        for key, value in filtered(line):
            self._of_aws[key].append(value)

    def end_period(self) -> None:
        """End a period: note what was counted in it, and advance the time to the next one."""
        values: Values = defaultdict(list, self._of_aws)
        self._of_aws = defaultdict(list)
        for key, some in emitted(self._capfd.readouterr().out):
            values[key] += some
        for line in self._log.all():
            for key, value in filtered(line):
                values[key].append(value)
        for queue in template_yaml.resources_of_type("AWS::SQS::Queue"):
            attributes = self._game.sqs.get_queue_attributes(
                QueueUrl=self._game.url(queue), AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]
            key = "AWS/SQS", "ApproximateNumberOfMessagesVisible", frozenset({("QueueName", queue)})
            values[key].append(float(attributes["ApproximateNumberOfMessages"]))
        self._periods.append(values)
        self._game.advance(self._period_s)

    @property
    def periods(self) -> int:
        """How many periods have ended."""
        return len(self._periods)

    @property
    def rings(self) -> bool:
        """Whether the alarm is in the state ALARM after the last period."""
        alarm = self._alarm
        periods = self._periods[-alarm["EvaluationPeriods"] :]
        breaching = [self._is_breaching(self._value(each)) for each in periods]
        return sum(breaching) >= alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])

    @property
    def _period_s(self) -> int:
        if "Period" in self._alarm:
            return int(self._alarm["Period"])
        (period,) = {
            each["MetricStat"]["Period"] for each in self._alarm["Metrics"] if "MetricStat" in each
        }
        return int(period)

    def _is_breaching(self, value: float | None) -> bool:
        if value is None:
            return bool(self._alarm["TreatMissingData"] == "breaching")
        if self._alarm["ComparisonOperator"] == "LessThanThreshold":
            return bool(value < self._alarm["Threshold"])
        assert self._alarm["ComparisonOperator"] == "GreaterThanThreshold"
        return bool(value > self._alarm["Threshold"])

    def _value(self, period: Values) -> float | None:
        if "Metrics" not in self._alarm:
            return _statistic(period, self._alarm, self._alarm["Statistic"])
        values = {
            each["Id"]: _statistic(period, each["MetricStat"]["Metric"], each["MetricStat"]["Stat"])
            for each in self._alarm["Metrics"]
            if "MetricStat" in each
        }
        (expression,) = [
            each["Expression"] for each in self._alarm["Metrics"] if "Expression" in each
        ]
        assert re.fullmatch(r"[\w\s()+*/,.]+", expression)
        known = {"FILL": lambda value, default: default if value is None else value}
        return float(eval(expression, known, values))  # noqa: S307 - checked above


def _statistic(period: Values, metric: dict[str, Any], statistic: str) -> float | None:
    key = (
        text(metric["Namespace"]),
        metric["MetricName"],
        frozenset((each["Name"], text(each["Value"])) for each in metric.get("Dimensions", ())),
    )
    return _STATISTICS[statistic](period[key]) if period.get(key) else None


def text(value: Any) -> str:
    """Return a property's value; what it refers to is named by its logical id."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
        case {"Fn::Sub": str(pattern)}:
            return pattern.replace("${AWS::StackName}", STACK)
    return str(value)
