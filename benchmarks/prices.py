"""Prices in US dollars, us-east-1 and public lists, each with its source.

Read on 2026-11-26. The amounts of AWS, SNS and Knock were found again in third parties' dated
tables (named below); those marked "not read again" are from the vendor's own list as it was known
and have to be checked before a decision hangs on them. Free tiers and volume
discounts are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

DATE = "2026-11-26"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one unit."""

    dollars: float
    source: str


MILLION = 1_000_000
GB = 1024**3

WRITE_UNIT = Price(0.625 / MILLION, "Amazon DynamoDB pricing, on-demand (table of airbyte.com)")
READ_UNIT = Price(0.125 / MILLION, "Amazon DynamoDB pricing, on-demand (table of airbyte.com)")
SQS_REQUEST = Price(
    0.40 / MILLION, "Amazon SQS pricing, standard, per 64 KB (cloudburn.io, March 2026)"
)
SQS_FAIR_REQUEST = Price(
    0.10 / MILLION, "Amazon SQS pricing, fair queues, on top (cloudburn.io, March 2026)"
)
EVENT = Price(1.00 / MILLION, "Amazon EventBridge pricing, custom events; not read again")
HTTP_REQUEST = Price(1.00 / MILLION, "Amazon API Gateway pricing, HTTP APIs; not read again")
LAMBDA_REQUEST = Price(0.20 / MILLION, "AWS Lambda pricing (table of cloudchipr.com)")
LAMBDA_GB_S = Price(0.0000133334, "AWS Lambda pricing, Arm (table of cloudchipr.com)")
LOG_BYTE = Price(0.50 / GB, "Amazon CloudWatch pricing, vended and Lambda logs; not read again")
TRACE = Price(5.00 / MILLION, "AWS X-Ray pricing, traces recorded; not read again")
SECRET_MONTH = Price(0.40, "AWS Secrets Manager pricing; not read again")
SECRET_CALL = Price(0.05 / 10_000, "AWS Secrets Manager pricing; not read again")
ALARM_MONTH = Price(
    0.10,
    "Amazon CloudWatch pricing, standard resolution, by alarm metric (AWS Compute Blog, 2024-11-29,"
    ' "Faster scaling with Amazon EC2 Auto Scaling Target Tracking")',
)
"""By metric, not by alarm: "10 Alarm metrics" are free, and one that an expression refers to counts
like any other."""
DASHBOARD_MONTH = Price(3.00, "Amazon CloudWatch pricing, custom dashboards (third parties' notes)")

FREE_SQS_REQUESTS = MILLION
FREE_ALARMS = 10
FREE_DASHBOARD_METRICS = 50
"""What AWS always leaves free each month, to the account: Amazon SQS pricing; Amazon CloudWatch
pricing, "Free tier": 10 alarm metrics, 3 dashboards of up to 50 metrics each. Lambda (a million
requests, 400,000 GB-seconds), X-Ray (100,000 traces) and logs (5 GB) are more than an idle stack
uses."""

SAMPLED = 0.05
"""Share of requests that X-Ray traces beyond the first each second (its default sampling)."""

PLATFORM_LOG_BYTES = 700
"""Lambda's own log lines of an invocation in JSON: start, report and, with tracing, a runtime
line. Not measured here. With the system log level WARN there are none, unless an invocation fails
(AWS Lambda Developer Guide, "Log-level filtering")."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """What somebody else charges.

    Attributes:
        million: dollars for one million notifications in a month beyond what a plan includes, None
            if the list has no such price.
        fixed: dollars a month before the first notification.
    """

    name: str
    million: float | None
    fixed: float
    note: str
    source: str


ALTERNATIVES = (
    Alternative(
        "Amazon SNS mobile push",
        0.50,
        0.0,
        "Cheaper for direct notifications. It addresses endpoints, not players; no templates, and"
        " the status of a delivery only in sampled logs.",
        "Amazon SNS pricing, mobile push (table of factualminds.com)",
    ),
    Alternative(
        "Azure Notification Hubs, Basic",
        1.00,
        10.0,
        "Cheaper for direct notifications, up to 200,000 devices; 10 million pushes are included."
        " Telemetry per message in Standard only; a push that cannot be handed over within 30"
        " minutes is dropped.",
        "Included volumes: Azure Notification Hubs FAQ; prices: Azure's price list, not read again",
    ),
    Alternative(
        "Azure Notification Hubs, Standard",
        10.00,
        200.0,
        "10 million pushes and 10 million devices included, telemetry per message.",
        "Included volumes: Azure Notification Hubs FAQ; prices: Azure's price list, not read again",
    ),
    Alternative(
        "OneSignal, Growth",
        None,
        19.0,
        "Charges by monthly active user (about $0.012 each), not by notification: cheaper for few"
        " players with many notifications. No WNS for desktop games.",
        "onesignal.com/pricing, not read again",
    ),
    Alternative(
        "Knock, Starter",
        5000.0,
        250.0,
        "50,000 messages included, then about $0.005 each. An editor, digests and preferences are"
        " part of it; it has no WNS.",
        "knock.app pricing: plan found again at hivebook.wiki; the price of more, not read again",
    ),
)
