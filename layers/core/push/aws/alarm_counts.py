"""Counts that an alarm watches for all functions together.

CloudWatch charges for each metric that an alarm watches, by the month, and for each hour in which a
metric of ours has data. So what alarms look for is one metric, whichever function finds it, and
nothing is counted while there is nothing to count.
"""

from __future__ import annotations

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit


def count_for_alarm(name: str, number: int = 1) -> None:
    """Count under the service `any`, if there is something to count; the log names the function."""
    if number:
        with single_metric(name=name, unit=MetricUnit.Count, value=number) as counted:
            counted.add_dimension(name="service", value="any")
