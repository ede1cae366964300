"""Every alarm has a section of the runbook that the console shows."""

from __future__ import annotations

import re

from pushctl.console.runbook import section
from pushctl.console.server import ROUTES
from tools.template_yaml import resources_of_type


def test_every_alarm_has_its_section() -> None:
    alarms = [name.removesuffix("Alarm") for name in resources_of_type("AWS::CloudWatch::Alarm")]
    assert len(alarms) >= 10
    assert "## " not in "".join(section(name) or "" for name in alarms)
    # The alarm of a gradual release rolls it back: docs/deploy.md has that.
    assert [name for name in alarms if not section(name)] == ["ReleaseFailing"]
    assert section("Nothing") is None


def test_no_route_hides_another() -> None:
    shapes = [(route.method, re.sub(r"{\w+}", "*", route.pattern)) for route in ROUTES]
    assert len(set(shapes)) == len(shapes)


def test_section_of_an_alarm_comes_with_those_that_share_it() -> None:
    text = section("AppsRefused") or ""
    for incident in ("AppStopped", "NotificationsForbidden"):
        alone = section(incident) or ""
        assert f"**{incident}**\n\n{alone[alone.index('**Players**') :]}" in text
    assert "HostRefused" not in text
