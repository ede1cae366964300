"""Dollars for a million, from what was counted: `python -m benchmarks.cost` on the last results.

A Lambda is billed for its duration, which is not measured on Lambda here: it is the CPU divided by
the share of a core that the function's memory gives, and the waiting of the run (5 ms a call of
AWS, 50 ms for WNS). One core of this machine is taken for one of Lambda's.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks import prices, results
from tools import template_yaml

MB_OF_A_CORE = 1769  # AWS Lambda Developer Guide, "Configure Lambda function memory"
TARGETS = {
    "direct, by event": 4.40,
    "broadcast to a million": 0.15,
    "registration, new": 5.00,
    "registration, renewed": 3.20,
}
IDLE_TARGET = 3.00
_POLLERS = 5
_POLL_S = 20
_MONTH_S = 30 * 24 * 3600


def memory_mb(function: str) -> int:
    """Return the memory that template.yaml gives a function."""
    return int(template_yaml.functions()[_logical_id(function)]["MemorySize"])


def _logical_id(function: str) -> str:
    return "".join(part.capitalize() for part in function.split("_")) + "Function"


def platform_log_bytes(function: str) -> int:
    """Return the bytes that Lambda itself logs of an invocation."""
    level = template_yaml.functions()[_logical_id(function)]["LoggingConfig"]["SystemLogLevel"]
    return 0 if level == "WARN" else prices.PLATFORM_LOG_BYTES


def is_traced(function: str) -> bool:
    """Return whether X-Ray samples a function's invocations."""
    of_all = template_yaml.load()["Globals"]["Function"]["Tracing"]
    own = template_yaml.load()["Resources"][_logical_id(function)]["Properties"]
    return bool(own.get("Tracing", of_all) == "Active")


def duration_s(function: str, use: dict[str, float]) -> float:
    """Return the seconds that Lambda bills for a function's use."""
    return float(use["cpu_s"] * MB_OF_A_CORE / memory_mb(function) + use["wait_s"])


def of_a_million(use: dict[str, Any]) -> dict[str, float]:
    """Return the dollars for a million times a scenario's use, by kind."""
    units, requests = use["units"], use["requests"]
    invocations = sum(each["invocations"] for each in use["functions"].values())
    gb_s = sum(
        duration_s(function, each) * memory_mb(function) / 1024
        for function, each in use["functions"].items()
    )
    log_bytes = sum(
        each["log_bytes"] + each["invocations"] * platform_log_bytes(function)
        for function, each in use["functions"].items()
    )
    traced = sum(
        each["invocations"] for function, each in use["functions"].items() if is_traced(function)
    )
    writes = units.get("write", 0) + units.get("index write", 0)
    one = {
        "writes": writes * prices.WRITE_UNIT.dollars,
        "reads": units.get("read", 0) * prices.READ_UNIT.dollars,
        "SQS": requests.get("sqs", 0) * prices.SQS_REQUEST.dollars
        + requests.get("sqs fair", 0) * prices.SQS_FAIR_REQUEST.dollars,
        "EventBridge": requests.get("events", 0) * prices.EVENT.dollars,
        "API Gateway": requests.get("http api", 0) * prices.HTTP_REQUEST.dollars,
        "Lambda": invocations * prices.LAMBDA_REQUEST.dollars + gb_s * prices.LAMBDA_GB_S.dollars,
        "logs": log_bytes * prices.LOG_BYTE.dollars,
        "X-Ray": traced * prices.SAMPLED * prices.TRACE.dollars,
    }
    return {name: dollars * 1e6 for name, dollars in one.items() if dollars}


def idle_month() -> dict[str, float]:
    """Return the dollars a month of a stack with one app that sends nothing."""
    mappings = len(
        [
            event
            for function in template_yaml.functions().values()
            for event in function["Events"].values()
            if event["Type"] == "SQS"
        ]
    )
    receives = mappings * _POLLERS * _MONTH_S / _POLL_S
    # An alarm costs as much for each metric that its expression is made of. Custom metrics cost
    # nothing here: no function counts anything while nothing is sent (test_alarms_ring.py).
    watched = sum(
        sum("MetricStat" in each for each in alarm["Properties"].get("Metrics", ())) or 1
        for alarm in template_yaml.resources_of_type("AWS::CloudWatch::Alarm").values()
        if "Condition" not in alarm
    )
    return {
        "SQS, empty receives of Lambda's pollers": receives * prices.SQS_REQUEST.dollars,
        "two secrets of the app": 2 * prices.SECRET_MONTH.dollars,
        f"alarms on {watched} metrics": watched * prices.ALARM_MONTH.dollars,
    }


def report(scenarios: dict[str, Any]) -> str:
    """Return the costs as plain text."""
    lines = ["", f"Dollars a million (us-east-1, prices of {prices.DATE})", "-" * 52]
    for name, use in scenarios.items():
        parts = of_a_million(use)
        total = sum(parts.values())
        target = TARGETS.get(name)
        word = "" if target is None else f"at most {target:.2f}: "
        word += "" if target is None else "reached" if total <= target else "MISSED"
        shown = ", ".join(f"{kind} {dollars:.2f}" for kind, dollars in parts.items())
        lines += [f"  {name:24} {total:6.2f}  {word}", f"      {shown}"]
    idle = idle_month()
    word = "reached" if sum(idle.values()) <= IDLE_TARGET else "MISSED"
    lines += [
        f"  idle, a month and stack   {sum(idle.values()):5.2f}  at most {IDLE_TARGET:.2f}: {word}"
    ]
    lines += [f"      {name} {dollars:.2f}" for name, dollars in idle.items()]
    lines += ["", "Elsewhere, by price list", "------------------------"]
    for each in prices.ALTERNATIVES:
        price = "by user" if each.million is None else f"{each.million:,.2f} a million"
        lines += [f"  {each.name:34} {price:>18}, {each.fixed:.0f} a month before the first"]
        lines += [f"      {each.note}"]
    return "\n".join(lines)


def as_json(scenarios: dict[str, Any]) -> dict[str, Any]:
    """Return the costs for `results.json`."""
    return {
        "prices_of": prices.DATE,
        "million": {name: of_a_million(use) for name, use in scenarios.items()},
        "targets": TARGETS,
        "idle_month": idle_month(),
    }


if __name__ == "__main__":
    sys.stdout.write(report(results.load()["scenarios"]) + "\n")
