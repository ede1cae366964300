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
"""Of an event source mapping. With a maximum concurrency, which every mapping here has, Lambda does
not go down to two (AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source
mappings")."""
_POLL_S = 20  # the longest that a receive waits
_MONTH_S = 30 * 24 * 3600
_RUNS = _MONTH_S / 900  # RefreshRate
REFRESH = {"cpu_s": 0.370, "wait_s": 0.040, "log_bytes": 1_200}
"""A scheduled run of the refresher, not measured as such: a cold start (about 350 ms by
`measures/start_up.py`), because Lambda need not keep an environment for a quarter of an hour, and
eight calls of AWS."""


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


def _watched_metrics() -> int:
    # An alarm costs as much for each metric that its expression is made of. Custom metrics cost
    # nothing here: no function counts anything while nothing is sent (test_alarms_ring.py).
    return sum(
        sum("MetricStat" in each for each in alarm["Properties"].get("Metrics", ())) or 1
        for alarm in template_yaml.resources_of_type("AWS::CloudWatch::Alarm").values()
        if "Condition" not in alarm
    )


def _empty_receives() -> float:
    mappings = [
        event
        for function in template_yaml.functions().values()
        for event in function["Events"].values()
        if event["Type"] == "SQS"
    ]
    return len(mappings) * _POLLERS * _MONTH_S / _POLL_S


def _refreshes() -> float:
    """Return the dollars of a month's runs of the refresher, without its calls of SQS."""
    gb_s = duration_s("token_refresher", REFRESH) * memory_mb("token_refresher") / 1024
    one = (
        prices.LAMBDA_REQUEST.dollars
        + gb_s * prices.LAMBDA_GB_S.dollars
        + 2 * prices.SECRET_CALL.dollars  # the app's credentials and its token
        + REFRESH["log_bytes"] * prices.LOG_BYTE.dollars
        + is_traced("token_refresher") * prices.TRACE.dollars  # X-Ray samples one each second
    )
    return _RUNS * one


def idle_month() -> dict[str, float]:
    """Return the dollars a month of a stack with one app that sends nothing, with the template's
    default parameters and without AWS's free tier."""
    watched = _watched_metrics()
    dashboards = template_yaml.resources_of_type("AWS::CloudWatch::Dashboard").values()
    permanent = sum("Condition" not in each for each in dashboards)
    costs = {
        "SQS, empty receives of Lambda's pollers": _empty_receives() * prices.SQS_REQUEST.dollars,
        "two secrets of the app": 2 * prices.SECRET_MONTH.dollars,
        f"alarms on {watched} metrics": watched * prices.ALARM_MONTH.dollars,
        "the token refresher's runs": _refreshes() + _depths() * prices.SQS_REQUEST.dollars,
        "dashboards": permanent * prices.DASHBOARD_MONTH.dollars,
    }
    return {name: dollars for name, dollars in costs.items() if dollars}


def _depths() -> float:
    """Return how often a month the refresher reads how much is in a dead-letter queue."""
    urls = template_yaml.environment_of("TokenRefresherFunction")["DEAD_LETTER_QUEUE_URLS"]
    return _RUNS * len(urls["Fn::Sub"].split())


def idle_month_in_free_tier() -> dict[str, float]:
    """Return the same in an account that uses AWS's free tier for nothing else; Lambda and logs
    cost nothing then."""
    requests = max(0.0, _empty_receives() + _depths() - prices.FREE_SQS_REQUESTS)
    watched = max(0, _watched_metrics() - prices.FREE_ALARMS)
    return {
        "SQS": requests * prices.SQS_REQUEST.dollars,
        "secrets": 2 * prices.SECRET_MONTH.dollars + 2 * _RUNS * prices.SECRET_CALL.dollars,
        "alarms": watched * prices.ALARM_MONTH.dollars,
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
    free = idle_month_in_free_tier()
    shown = ", ".join(f"{kind} {dollars:.2f}" for kind, dollars in free.items())
    lines += [f"  idle, within the free tier {sum(free.values()):4.2f}", f"      {shown}"]
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
        "idle_month_in_free_tier": idle_month_in_free_tier(),
    }


if __name__ == "__main__":
    sys.stdout.write(report(results.load()["scenarios"]) + "\n")
