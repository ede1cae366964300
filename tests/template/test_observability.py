"""Functions are traced, but for that of the players' routes and the refresher; each logs for
itself, and the access log says who called."""

from __future__ import annotations

import json

import pytest

from tools.template_yaml import ROOT, functions, load, referred, resources_of_type

each_function = pytest.mark.parametrize("function", functions())


UNTRACED = {"ChannelsApiFunction", "TokenRefresherFunction"}
"""Registrations are the most requests by far: a trace of each twentieth would be a twentieth of
their cost, and say no more than the access log does of every one (`latency_ms`). The refresher runs
although nothing is sent, and nobody waits for it."""


@pytest.mark.parametrize("function", sorted(functions().keys() - UNTRACED))
def test_function_is_traced_and_may_write_its_traces(function: str) -> None:
    of_all = load()["Globals"]["Function"]
    assert functions()[function].get("Tracing", of_all["Tracing"]) == "Active"
    role = load()["Resources"][referred(functions()[function]["Role"])]["Properties"]
    actions = [
        action
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        if str(action).startswith("xray:")
    ]
    assert actions == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


def test_no_x_ray_sdk_is_installed() -> None:
    """Lambda itself records a segment per invocation; the SDK would cost a cold start."""
    installed = (ROOT / "layers/dependencies/requirements.txt").read_text("utf-8")
    assert "aws-lambda-powertools" in installed
    assert "xray" not in installed


@each_function
def test_function_has_a_log_group_of_its_own_that_expires(function: str) -> None:
    group = referred(functions()[function]["LoggingConfig"]["LogGroup"])
    assert group == f"{function.removesuffix('Function')}LogGroup"
    retention = resources_of_type("AWS::Logs::LogGroup")[group]["Properties"]["RetentionInDays"]
    assert retention == {"Ref": "LogRetentionDays"}


def test_access_log_says_who_called_which_route_from_where() -> None:
    """`identity.userArn` and `identity.sourceIp` (Amazon API Gateway, "Customize HTTP API access
    logs"); neither the path, which may name a player, nor a token."""
    api = resources_of_type("AWS::Serverless::HttpApi")["HttpApi"]["Properties"]
    fields = json.loads(api["AccessLogSettings"]["Format"])
    assert fields["caller"] == "$context.identity.userArn"
    assert fields["source_ip"] == "$context.identity.sourceIp"
    assert fields["route"] == "$context.routeKey"
    assert fields["latency_ms"] == "$context.responseLatency"
    assert not {"$context.path", "$context.authorizer.claims.sub"} & set(fields.values())
