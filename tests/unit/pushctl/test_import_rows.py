"""Records of every format become channels, or a reason; hostile ones do no harm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pushctl.client.imports.records import Format, RejectedRecordError, read_records
from pushctl.client.imports.rows import Row, RowReader
from tests.unit.pushctl.exports import (
    HEADER,
    HOSTILE,
    endpoint,
    json_line,
    registration_xml,
    uri,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_764_000_000
DAY = 86_400


def read(file: Path, format_: Format, text: str, **settings: Any) -> list[Row | str]:
    """Return each record's row, or the reason why it is rejected."""
    file.write_text(text, encoding="utf-8")
    given = {"exported_at": NOW - DAY, "now": NOW} | settings
    reader = RowReader(format_, **given)
    found: list[Row | str] = []
    for record in read_records(file, format_):
        try:
            if not reader.is_header(record):
                found.append(reader.read(record))
        except RejectedRecordError as rejected:
            found.append(str(rejected))
    return found


def row(file: Path, format_: Format, text: str, **settings: Any) -> Row:
    (found,) = read(file, format_, text, **settings)
    assert isinstance(found, Row), found
    return found


def test_csv_line_is_a_channel(tmp_path: Path) -> None:
    text = f"{HEADER}player-1,my-pc,{uri(1)},de-DE,clan-1 clan-2\n"
    found = row(tmp_path / "x.csv", "csv", text)
    assert (found.player_id, found.device_id, found.number) == ("player-1", "my-pc", 2)
    assert found.registration.channel_uri == uri(1)
    assert found.registration.topics == ("clan-1", "clan-2")
    assert found.expires_at == NOW + 29 * DAY


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_line_is_rejected_by_itself_and_shows_no_channel(tmp_path: Path, line: str) -> None:
    good = f"player-9,pc,{uri(9)},en,\n"
    rejected, kept = read(tmp_path / "x.csv", "csv", f"{HEADER}{line}{good}")
    assert isinstance(rejected, str)
    assert "token=" not in rejected
    assert isinstance(kept, Row)


def test_lines_that_are_too_long_or_no_text_are_rejected_by_themselves(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    good = f"player-9,pc,{uri(9)},en,\n".encode()
    file.write_bytes(HEADER.encode() + b"x" * 200_000 + b"\n" + b"\xff\xfe\n" + good)
    problems = [each.problem for each in read_records(file, "csv")]
    assert problems == [None, "the line is longer than 65,536 bytes", "the line is not UTF-8", None]


def test_channel_that_windows_let_expire_is_rejected(tmp_path: Path) -> None:
    text = f"player,channel_uri,renewed_at\nplayer-1,{uri(1)},2025-10-01T00:00:00Z\n"
    (rejected,) = read(tmp_path / "x.csv", "csv", text)
    assert rejected == "the channel has expired: Windows gives it for 30 days"


def test_record_is_never_newer_than_the_export(tmp_path: Path) -> None:
    text = f"player,channel_uri,renewed_at\nplayer-1,{uri(1)},2999-01-01T00:00:00Z\n"
    assert row(tmp_path / "x.csv", "csv", text).renewed_at == NOW - DAY


def test_hub_registration_names_its_player_by_a_tag(tmp_path: Path) -> None:
    text = registration_xml(uri(1), "user:player-1,topic:clan-7,vip") + "\n"
    found = row(tmp_path / "x.xml", "anh", text, topic_tag="topic:")
    assert found.player_id == "player-1"
    assert found.device_id == "8247220326459738692-7748251457295609952-3"
    assert found.registration.topics == ("clan-7",)


def test_hub_installation_is_a_channel(tmp_path: Path) -> None:
    installation = {
        "installationId": "inst-1",
        "userId": "player-1",
        "platform": "wns",
        "pushChannel": uri(1),
        "tags": ["vip"],
    }
    found = row(tmp_path / "x.jsonl", "anh", json_line(installation))
    assert (found.player_id, found.device_id) == ("player-1", "inst-1")
    (rejected,) = read(tmp_path / "x.jsonl", "anh", json_line(installation | {"platform": "apns"}))
    assert rejected == "not a registration for Windows: apns"


@pytest.mark.parametrize(
    "line",
    [
        registration_xml(uri(1), "vip"),
        registration_xml(uri(1), "user:player-1", "AppleRegistrationDescription"),
        "<!DOCTYPE x><a/>",
        "<a><b></a>",
        "[" * 100_000,
        '"text"',
        "123",
        "null",
        json.dumps({"installationId": {}, "pushChannel": [], "tags": {}, "userId": 7}),
        json.dumps({"userId": "p", "pushChannel": {"a": 1}, "tags": 7, "lastUpdate": [1]}),
        json.dumps({"userId": "p", "pushChannel": uri(1), "lastUpdate": {"a": 1}}),
        json.dumps({"userId": "p", "pushChannel": uri(1), "tags": [None, 7], "lastUpdate": "x"}),
    ],
)
def test_hostile_line_of_a_hub_is_rejected(tmp_path: Path, line: str) -> None:
    (rejected,) = read(tmp_path / "x", "anh", f"{line}\n")
    assert isinstance(rejected, str)


@pytest.mark.parametrize("form", ["lines", "list", "pages"])
def test_sns_endpoints_are_channels_in_every_form_that_its_tools_write(
    tmp_path: Path, form: str
) -> None:
    endpoints = [endpoint(uri(1)), endpoint(uri(2), '{"player": "player-2", "locale": "fr"}')]
    text = {
        "lines": "".join(map(json_line, endpoints)),
        "list": json.dumps(endpoints, indent=2),
        "pages": json.dumps({"Endpoints": endpoints}, indent=2),
    }[form]
    found = read(tmp_path / "x.json", "sns", text)
    assert [each.player_id for each in found if isinstance(each, Row)] == ["player-1", "player-2"]


def test_endpoint_that_sns_has_disabled_is_rejected(tmp_path: Path) -> None:
    text = json_line(endpoint(uri(1), enabled="false"))
    (rejected,) = read(tmp_path / "x.json", "sns", text)
    assert rejected == "SNS has disabled the endpoint: its channel was gone"
