"""The inventory of personal data names every table, queue and kind of event."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from push.apps.models import EventName
from tools.template_yaml import ROOT, resources_of_type

PAGE = (ROOT / "docs/privacy.md").read_text("utf-8")
NAMES = re.findall(r"\b[A-Z][A-Za-z]+\b", PAGE)
NAMES_NO_PLAYER = {"AppStopped", "NotificationFinished"}


@pytest.mark.parametrize("table", resources_of_type("AWS::DynamoDB::Table"))
def test_inventory_names_every_table(table: str) -> None:
    assert f"| {table} |" in PAGE


@pytest.mark.parametrize("queue", resources_of_type("AWS::SQS::Queue"))
def test_inventory_names_every_queue(queue: str) -> None:
    assert queue in NAMES


@pytest.mark.parametrize("table", re.findall(r"^\| (\w+Table) ", PAGE, re.MULTILINE))
def test_inventory_names_no_table_that_is_gone(table: str) -> None:
    assert table in resources_of_type("AWS::DynamoDB::Table")


@pytest.mark.parametrize("event", sorted({*get_args(EventName)} - NAMES_NO_PLAYER))
def test_inventory_names_every_event_that_names_a_player(event: str) -> None:
    assert event in NAMES
