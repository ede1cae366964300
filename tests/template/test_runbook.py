"""What docs/ tells a reader to look for exists: alarms, log lines, metrics, resources."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import pytest

from push.apps.models import EventName
from push.delivery.report import Retry
from push.notifications.outcomes import CANCELLED, REMOVED
from tools.template_yaml import ROOT, load, resources_of_type
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER_SECTIONS = {"Which alarm rings", "Follow one notification", "Metrics"}
# Error codes of AWS and exceptions of the SDK, and metrics of AWS that nothing here watches.
OF_AWS = {
    *("ThrottlingException", "InternalServerError", "ConnectTimeoutError", "ReadTimeoutError"),
    *("ConcurrentExecutions", "RecursiveInvocationsDropped"),
}
COUNTING = {"add_metric", "single_metric", "count_for_alarm"}
COMMANDS = {"fields", "filter", "stats", "sort", "limit"}
KEYWORDS = {"and", "or", "not", "in", "like", "by", "as", "asc", "desc", "m"}
# Powertools, "Logger", and what it adds for an exception; `function_…` come from the context.
OF_THE_LOGGER = {
    *("level", "location", "message", "service", "exception_name"),
    *("function_name", "function_request_id"),
}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
CAMEL_CASE = re.compile(r"([A-Z][a-z0-9]+)+")
PAGES = {page.name: page.read_text("utf-8") for page in sorted(ROOT.glob("docs/*.md"))}
RUNBOOK = PAGES["operations.md"]
each_page = pytest.mark.parametrize("page", PAGES)


@cache
def modules() -> dict[Path, ast.Module]:
    """Return the syntax tree of every deployed module."""
    files = [*ROOT.glob("functions/**/*.py"), *ROOT.glob("layers/core/**/*.py")]
    return {file: ast.parse(file.read_text("utf-8")) for file in sorted(files)}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def strings(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def bindings(tree: ast.AST) -> Iterator[tuple[set[str], ast.expr]]:
    """Yield what assignments, loops and comprehensions bind: names, and the value that they take
    or take from."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield set().union(*map(names, targets)), value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield names(target), value
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield names(target), value


def is_log_method(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=value, attr=level) if level in LEVELS:
            return ast.unparse(value).endswith("logger")
        case ast.IfExp(body=body, orelse=orelse):
            return is_log_method(body) and is_log_method(orelse)
        case _:
            return False


@cache
def log_messages() -> dict[str, ast.expr]:
    """Return the first argument of every call that logs, by its place."""
    found = {}
    for file, tree in modules().items():
        aliases = set().union(*(ns for ns, value in bindings(tree) if is_log_method(value)))
        for call in calls(tree):
            if is_log_method(call.func) or (names(call.func) & aliases):
                found[f"{file.relative_to(ROOT)}:{call.lineno}"] = call.args[0]
    return found


@cache
def logged() -> set[str]:
    return {str(each.value) for each in log_messages().values() if isinstance(each, ast.Constant)}


def of_outcomes() -> set[str]:
    """Return the metrics that the sender names after outcomes, of WNS and its own, and after the
    reasons of retries."""
    counted = {*Outcome, CANCELLED, REMOVED, *Retry}
    return {"".join(word.capitalize() for word in each.split("_")) for each in counted}


def metrics_named_by(name: ast.expr, tree: ast.Module) -> set[str]:
    """Return what the name of a metric may be: a constant, what its variables are bound to, or what
    a function makes of an outcome."""
    if isinstance(name, ast.Call):
        return of_outcomes()
    found, seen, waiting = strings(name), set[str](), names(name)
    while waiting:
        seen |= waiting
        values = [value for bound, value in bindings(tree) if bound & waiting]
        found |= set().union(*map(strings, values))
        waiting = set().union(*map(names, values)) - seen
    return {each for each in found if CAMEL_CASE.fullmatch(each)}


@cache
def metrics() -> dict[str, set[str]]:
    """Return the names that every call which counts may count under, by its place."""
    found = {}
    for file, tree in modules().items():
        if file.stem == "alarm_counts":  # it is given the name
            continue
        for call in calls(tree):
            if ast.unparse(call.func).rpartition(".")[2] in COUNTING:
                given = [each.value for each in call.keywords if each.arg == "name"]
                place = f"{file.relative_to(ROOT)}:{call.lineno}"
                found[place] = metrics_named_by((given or call.args)[0], tree)
    return found


def counted_together() -> set[str]:
    """Return the metrics that several functions count as one."""
    return set().union(
        *(
            metrics_named_by(call.args[0], tree)
            for tree in modules().values()
            for call in calls(tree)
            if ast.unparse(call.func) == "count_for_alarm"
        )
    )


def metrics_of_log_lines() -> set[str]:
    return {
        made["MetricName"]
        for each in resources_of_type("AWS::Logs::MetricFilter").values()
        for made in each["Properties"]["MetricTransformations"]
    }


def keys(node: Any) -> set[str]:
    """Return every key of the template, and every name of a metric that AWS counts."""
    if isinstance(node, list):
        return set().union(*map(keys, node))
    if not isinstance(node, dict):
        return set()
    names_of_aws = {node["MetricName"]} if "MetricName" in node else set()
    return {*node, *names_of_aws}.union(*map(keys, node.values()))


@cache
def known() -> set[str]:
    """Return every name in CamelCase that a reader can find: in the template, among metrics, and
    in the code's constants and classes."""
    alarms = resources_of_type("AWS::CloudWatch::Alarm")
    classes = {
        node.name
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    constants = {
        text
        for tree in modules().values()
        for bound, value in bindings(tree)
        if any(name.isupper() for name in bound)
        for text in strings(value)
    }
    return set().union(
        keys(load()),
        {alarm.removesuffix("Alarm") for alarm in alarms},
        *metrics().values(),
        classes,
        constants,
        get_args(EventName),
    )


def code_spans(page: str) -> list[str]:
    """Return what stands between backticks in running text."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page, flags=re.S | re.M))


def test_log_messages_are_constant_texts() -> None:
    """What varies is a field of its own: `"message refused", reason=…`."""
    assert log_messages()
    assert not [
        place for place, each in log_messages().items() if not isinstance(each, ast.Constant)
    ]


def test_metrics_have_names_that_can_be_read_from_the_code() -> None:
    assert metrics()
    assert not [place for place, found in metrics().items() if not found]


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def queries() -> list[tuple[str, str]]:
    """Return every Logs Insights query of the runbook, with its section."""
    return [
        (title, query)
        for title, section in sections().items()
        for query in re.findall(r"^```insights\n(.+?)^```", section, re.DOTALL | re.MULTILINE)
    ]


def alarms() -> set[str]:
    return {
        name.removesuffix("Alarm")
        for name, each in resources_of_type("AWS::CloudWatch::Alarm").items()
        if "AlarmActions" in each["Properties"]  # the others are no person's
    }


def sharing() -> dict[str, set[str]]:
    """Return the sections that have no alarm of their own, each with the alarms that it names."""
    found = {title: re.match(r"\n+Alarm: (.+)\n", section) for title, section in sections().items()}
    return {title: set(re.findall(r"\*(\w+)\*", each[1])) for title, each in found.items() if each}


def test_every_section_of_the_runbook_is_an_alarm_or_names_one() -> None:
    assert sections().keys() - OTHER_SECTIONS - sharing().keys() == alarms()
    for named in sharing().values():
        assert named
        assert named <= alarms()


def test_table_says_for_every_section_which_alarm_rings() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| .+ \|$", sections()["Which alarm rings"], re.MULTILINE)
    incidents = {
        incident: set(re.findall(r"\*(\w+)\*", alarm))
        for incidents, alarm in rows
        for incident in re.findall(r"\*(\w+)\*", incidents)
    }
    assert incidents == sharing()
    assert {name for _, alarm in rows for name in re.findall(r"\*(\w+)\*", alarm)} == alarms()


INCIDENTS = """
DeadLetters DirectDeliveriesWaiting BulkDeliveriesWaiting AccessTokensUnusable RefresherSilent
TokenRefreshFailed TokensNearExpiry NotificationsForbidden AppStopped MessagesRefused
NotificationsRejected HostRefused ItemsUnreadable AwsFailures ApiFailing FunctionsFailing
FunctionsThrottled RecursiveInvocationsDropped
"""


@pytest.mark.parametrize("incident", INCIDENTS.split())
def test_incident_keeps_its_section(incident: str) -> None:
    """Alarms may be merged, because they cost by the metric; what to do is not."""
    assert incident in sections()


@pytest.mark.parametrize("alarm", sorted(sections().keys() - OTHER_SECTIONS))
def test_section_says_what_players_feel_where_to_look_what_to_do_and_when_it_is_over(
    alarm: str,
) -> None:
    said = re.findall(r"^\*\*(\w+)\*\*", sections()[alarm], re.MULTILINE)
    assert said == ["Players", "Look", "Do", "Over"]
    assert alarm in dict(queries())


@cache
def logged_fields() -> set[str]:
    """Return the names of the fields that log lines may have."""
    found = set(OF_THE_LOGGER)
    for tree in modules().values():
        for call in calls(tree):
            if is_log_method(call.func) or ast.unparse(call.func).endswith("log"):
                found |= {each.arg for each in call.keywords if each.arg}
            if ast.unparse(call.func).endswith(
                ("append_context_keys", "append_keys", "logged_failures")
            ):
                found |= {each.arg for each in call.keywords if each.arg}
    report = ast.parse((ROOT / "layers/core/push/delivery/report.py").read_text("utf-8"))
    (fields,) = [
        node
        for node in ast.walk(report)
        if isinstance(node, ast.FunctionDef) and node.name == "fields"
    ]
    found |= {
        str(key.value)
        for node in ast.walk(fields)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    api = resources_of_type("AWS::Serverless::HttpApi")["HttpApi"]["Properties"]
    return found | set(json.loads(api["AccessLogSettings"]["Format"]))


@pytest.mark.parametrize(("section", "query"), queries())
def test_query_asks_for_fields_that_are_logged(section: str, query: str) -> None:
    commands = [each.strip() for each in re.sub(r"\s+", " ", query).split(" | ")]
    assert {each.partition(" ")[0] for each in commands} <= COMMANDS
    text = re.sub(r"\"[^\"]*\"|/[^/]*/", " ", " | ".join(commands))  # without what is compared
    aliases = set(re.findall(r"\bas (\w+)", text))
    named = set(re.findall(r"(?<![@\w.])[a-z_]+(?:\.\w+)*(?![\w(])", text))
    unknown = {
        each
        for each in named - aliases - COMMANDS - KEYWORDS
        if each.partition(".")[0] not in logged_fields()
    }
    assert not unknown
    assert set(re.findall(r"@\w+", text)) <= {"@timestamp", "@message"}
    inside = set(re.findall(r"\b(?:outcomes|retried)\.(\w+)", text))
    assert inside <= {*Outcome, CANCELLED, REMOVED, *Retry}


def documented_metrics() -> dict[str, set[str]]:
    """Return the services that each metric of the table has."""
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| .+ \|$", sections()["Metrics"], re.MULTILINE)
    return {
        metric: set(services.split(", "))
        for named, services in rows
        for metric in re.findall(r"`(\w+)`", named)
    }


def test_table_of_metrics_is_what_the_code_counts() -> None:
    counted: dict[str, set[str]] = {}
    for place, found in metrics().items():
        function = re.match(r"functions/(\w+)/", place)
        for metric in found:
            counted.setdefault(metric, set()).add(function[1] if function else "all")
    for services in counted.values():
        if "all" in services:
            services.intersection_update({"all"})
    for metric in counted_together():
        is_also_of_the_api = metric == "AwsFailures"
        counted[metric] = {"any", "all"} if is_also_of_the_api else {"any"}
    counted |= {metric: {"–"} for metric in metrics_of_log_lines()}  # noqa: RUF001 - as in the table
    assert documented_metrics() == counted


def test_every_log_line_of_the_runbook_is_logged() -> None:
    quoted = {each[1:-1] for each in code_spans(RUNBOOK) if re.fullmatch(r'"[^"]+"', each)}
    assert quoted, 'log lines stand in the runbook as `"text"`'
    assert not quoted - logged()


@each_page
def test_every_log_line_of_a_query_is_logged(page: str) -> None:
    queried = re.findall(r"(?<!@)\bmessage\s*(?:=|!=|like)\s*[\"'/]([^\"'/]+)[\"'/]", PAGES[page])
    assert not [text for text in queried if not any(text in each for each in logged())]


def test_every_name_in_camel_case_of_the_runbook_exists() -> None:
    named = {each for each in code_spans(RUNBOOK) if CAMEL_CASE.fullmatch(each)}
    assert named
    assert not named - known() - OF_AWS


@each_page
def test_every_metric_that_a_page_names_is_counted(page: str) -> None:
    lists = re.findall(r"\bmetrics?\s+((?:`\w+`(?:,?\s+(?:and|or)?\s*)?)+)", PAGES[page])
    named = {name for each in lists for name in re.findall(r"`(\w+)`", each)}
    assert not named - set().union(metrics_of_log_lines(), *metrics().values())
