"""A channel whose host was changed in the table."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.integration.builders import open_channel, outcomes, point_channel_at, request
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

HOSTS = [
    "attacker.example",
    "127.0.0.1:{port}",
    "localhost:{port}",
    "notify.windows.com.attacker.example",
    "notify.windows.com@127.0.0.1:{port}",
    "wns2-by3p.notify.windows.com:{port}",
    "attackernotify.windows.com",
    "169.254.169.254",
    "[::1]:{port}",
]


def emitted(output: str, metric: str) -> float:
    """Return the sum of a metric in what the functions have printed."""
    total = 0.0
    for line in output.splitlines():
        if line.startswith("{") and '"_aws"' in line:
            total += sum(json.loads(line).get(metric, []))
    return total


@pytest.mark.parametrize("by_proxy", [True, False], ids=["by proxy", "directly"])
def test_attackers_host_is_never_contacted_and_the_outcome_is_refused(
    game: Backend,
    found: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    by_proxy: bool,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as attacker:
        attacker.settimeout(0.2)
        port = attacker.getsockname()[1]
        for number, host in enumerate(HOSTS):
            open_channel(game, "player-1", f"pc-{number}")
            uri = f"https://{host.format(port=port)}/?token=x"
            point_channel_at(game, "player-1", f"pc-{number}", uri)
        if by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        else:
            monkeypatch.delenv("HTTPS_PROXY")
        game.send_request(request("player-1"))
        capsys.readouterr()
        game.work()
        with pytest.raises(TimeoutError):
            attacker.accept()
    recorded = outcomes(game)
    refused = emitted(capsys.readouterr().out, "Refused")
    found(f"{len(HOSTS)} hosts, 0 connections, {refused:g} counted as refused")
    assert list(recorded.values()) == ["refused"] * len(HOSTS)
    assert refused == len(HOSTS)


def test_refused_host_raises_an_alarm() -> None:
    alarms = template_yaml.resources_of_type("AWS::CloudWatch::Alarm").values()
    (alarm,) = [
        each["Properties"]
        for each in alarms
        if each["Properties"].get("MetricName") == "DataRefused"
    ]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "any"}]
    assert alarm["Threshold"] == 0
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
