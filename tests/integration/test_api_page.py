"""docs/api.md: its examples work, and its tables name what there is."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from local.stack.build import SAM_PYTHON
from push.api import error_responses
from push.apps.models import EventName
from push.notifications.entry import State
from push.notifications.players import SKIP_REASONS
from tests.integration.builders import game_fixture, records
from tools.template_yaml import ROOT
from wns.result import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.backend import Backend

PAGE = (ROOT / "docs/api.md").read_text("utf-8")
EXAMPLES = re.findall(
    r"^`(POST|event|message) ([^`]+)`\n\n```json\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL
)
TEMPLATE = json.loads((ROOT / "events/operator_api-put_template.json").read_text("utf-8"))["body"]
game = game_fixture(
    templates={"ChallengeReceived": json.loads(TEMPLATE)}, devices={"pc": "player-42"}
)


def first_column(heading: str) -> set[str]:
    """Return the names in the first column of the table that begins with a heading."""
    table = PAGE[PAGE.index(f"| {heading} |") :].partition("\n\n")[0]
    rows = table.splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def names_in(text: str, column: int) -> set[str]:
    rows = text.partition("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[column])}


def test_page_has_examples_of_every_way_in() -> None:
    assert {way for way, _, _ in EXAMPLES} == {"POST", "event", "message"}
    assert len(EXAMPLES) >= 7


@pytest.mark.usefixtures("few_shards")
@pytest.mark.parametrize(("way", "where", "text"), EXAMPLES)
def test_example_is_accepted_and_dispatched(game: Backend, way: str, where: str, text: str) -> None:
    in_a_week = datetime.now(UTC) + timedelta(days=7)
    body: dict[str, Any] = json.loads(text.replace("+7d", in_a_week.isoformat()))
    if way == "POST":
        assert game.call_as_operator("POST", where, body)[0] == 202
    elif way == "event":
        detail_type, _, source = where.partition(" of ")
        game.publish(detail_type, body, source)
    else:
        game.put(where.removeprefix("to "), body)
    game.work()
    (record,) = records(game)
    states = {"dispatched", "broadcasting"}
    assert record["state"] in ({"scheduled"} if "send_at" in body else states)
    assert game.messages("RequestDlq") == []


def test_tables_name_every_state_skip_outcome_and_event() -> None:
    assert first_column("state") == set(get_args(State))
    assert first_column("skip") == set(SKIP_REASONS)
    assert first_column("outcome") == {*map(str, Outcome), "cancelled", "removed"}
    assert first_column("event") == set(get_args(EventName))


def test_table_of_errors_names_every_code() -> None:
    ours = {code for _, code in error_responses._BY_ERROR.values()}
    replies = [e for e in vars(error_responses).values() if isinstance(e, error_responses.Reply)]
    ours |= {json.loads(each.body)["error"]["code"] for each in replies}
    ours |= {"too_large", "invalid_request"}
    assert names_in(PAGE[PAGE.index("| status | code |") :], 2) == ours


def test_template_of_the_web_hook_is_valid(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    template = tmp_path / "template.yaml"
    indented = "".join(f"  {line}\n" if line else "\n" for line in snippet.splitlines())
    template.write_text(f"Resources:\n{indented}", "utf-8")
    with pytest.raises(yaml.YAMLError):  # its tags are CloudFormation's
        yaml.safe_load(template.read_text("utf-8"))
    checked = subprocess.run(
        [
            *(str(SAM_PYTHON), "-c", "from cfnlint.runner import main; main()"),
            *("--non-zero-exit-code", "error", "--", str(template)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
