"""pushctl end to end: every command on the laptop stack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.stack.build import ROOT
from tests import operator_calls
from tests.e2e.pushctl_cli import (
    SCHEMA,
    SECRET,
    Game,
    Output,
    Pushctl,
    make_game,
    validate,
    validated,
)
from tests.unit.pushctl.exports import csv_lines
from tools.template_yaml import resources_of_type

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.stack import LaptopStack


@pytest.fixture(scope="module")
def pushctl(stack: LaptopStack, tmp_path_factory: pytest.TempPathFactory) -> Pushctl:
    return Pushctl.of(stack, tmp_path_factory.mktemp("pushctl"))


@pytest.fixture(scope="module")
def game(stack: LaptopStack, pushctl: Pushctl) -> Game:
    return make_game(stack, pushctl)


def test_status_shows_a_healthy_app_and_empty_queues(game: Game) -> None:
    found = game.pushctl.json("status")
    (app,) = [each for each in found["apps"] if each["app_id"] == game.app]
    assert app["enabled"]
    assert app["has_credentials"]
    assert app["token_age_s"] < 120
    assert {each["name"] for each in found["lanes"]} == {"requests", "direct", "broadcast", "bulk"}
    alarms = resources_of_type("AWS::CloudWatch::Alarm").values()
    # The laptop stack leaves out those that are made of several metrics.
    assert found["alarms_known"] == sum("Metrics" not in each["Properties"] for each in alarms) > 0
    shown = game.pushctl.ok("status").out
    assert game.app in shown
    assert "dead letters" in shown


def test_app_is_switched_off_and_on_and_keeps_its_settings(game: Game) -> None:
    before = game.pushctl.json("app", "show", game.app)
    assert game.pushctl.json("app", "disable", game.app) == before | {"enabled": False}
    assert "off" in game.pushctl.ok("app", "list").out
    assert game.pushctl.json("app", "enable", game.app) == before
    assert game.pushctl.json("app", "resume", game.app) == before


def test_app_is_deleted_only_with_consent(game: Game) -> None:
    game.pushctl.ok("app", "put", "to-be-deleted", "--name", "X", "--audience", "a")
    refused = game.pushctl("app", "delete", "to-be-deleted")
    assert refused.code == 2
    assert "give --yes" in refused.err
    game.pushctl.ok("app", "delete", "to-be-deleted", "--yes")
    assert game.pushctl("app", "show", "to-be-deleted").code == 3


def test_refused_credentials_say_microsofts_reason_and_no_secret(game: Game) -> None:
    done = game.put_credentials("wrong-secret-of-nobody")
    assert done.code == 5
    assert "invalid_client" in done.err
    assert "wrong-secret-of-nobody" not in done.out + done.err


def test_send_is_followed_to_its_outcome(game: Game) -> None:
    notification_id = game.send()
    done = game.pushctl.ok("watch", notification_id, "--app", game.app, "--timeout", 30)
    assert "completed" in done.out
    assert "WNS accepted it for the device" in done.out
    shown = game.pushctl.json("notification", "show", notification_id, "-a", game.app)
    assert [each["outcome"] for each in shown["outcomes"]] == ["delivered"]
    assert ["Robin challenges you"] in [
        toast["texts"] for toast in game.stack.wns.device(game.device).toasts
    ]


def test_dry_run_renders_and_counts_by_language_and_sends_nothing(game: Game) -> None:
    game.register("de-pc", player="kim", locale="de-DE")
    game.register("fr-pc", player="kim", locale="fr-FR")
    sent_before = len(game.stack.wns.requests(endpoint="notify"))
    found = game.pushctl.json(
        "send", "-a", game.app, "--player", "kim", "-t", "Challenge", "-p", "challenger=Robin",
        "--dry-run",
    )  # fmt: skip
    assert (found["players"], found["devices"]) == (1, 2)
    counted = {
        each["language"]: (each["devices"], each["has_own_texts"]) for each in found["by_language"]
    }
    assert counted == {"de-DE": (1, True), "en-US": (1, False)}
    assert "Robin fordert dich heraus" in json.dumps(found["rendered"])
    assert len(game.stack.wns.requests(endpoint="notify")) == sent_before
    everyone = game.pushctl.json(
        "send", "-a", game.app, "--everyone", "-t", "Challenge", "-p", "challenger=R", "--dry-run"
    )
    assert everyone["devices"] == 3


def test_send_for_later_is_cancelled(game: Game) -> None:
    notification_id = game.send("--at", "+2h")
    game.stack.wait_until(
        lambda: (
            game.pushctl.json("notification", "show", notification_id, "-a", game.app)["summary"][
                "state"
            ]
            == "scheduled"
        ),
        20,
        "scheduled",
    )
    done = game.pushctl.json("cancel", notification_id, "-a", game.app)
    assert done["summary"]["state"] == "cancelled"


def test_sending_the_same_request_twice_is_one_notification(game: Game) -> None:
    first, second = game.send("--request-id", "once-1"), game.send("--request-id", "once-1")
    assert first == second


def test_templates_follow_a_folder(game: Game, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    args = (folder, "--app", game.app)
    assert len(game.pushctl.json("template", "pull", *args)["written"]) == 1
    assert game.pushctl.json("template", "plan", *args)["changes"][0]["action"] == "same"
    file = folder / "Challenge.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("challenges you", "dares you"), "utf-8")
    (folder / "New.json").write_text(
        json.dumps({"default_locale": "no", "locales": {"no": {"badge": {"value": 1}}}}), "utf-8"
    )
    planned = game.pushctl("template", "plan", *args)
    assert planned.code == 1
    assert "[challenger] dares you" in planned.out
    applied = game.pushctl.json("template", "apply", *args)
    assert [(each["template_id"], each["status"]) for each in applied["changes"]] == [
        ("Challenge", "done"),
        ("New", "done"),
    ]
    assert game.pushctl.json("template", "apply", *args)["changes"] == []
    previewed = game.pushctl.json(
        "template", "preview", "Challenge", "-a", game.app, "-p", "challenger=Kim"
    )
    assert "Kim dares you" in previewed["notifications"][0]["body"]
    (folder / "New.json").unlink()
    game.pushctl.ok("template", "apply", *args, "--delete", "--yes")
    listed = game.pushctl.json("template", "list", "-a", game.app)["templates"]
    assert [each["template_id"] for each in listed] == ["Challenge"]
    file.write_text(text, "utf-8")
    game.pushctl.ok("template", "apply", *args)


def test_pull_overwrites_no_work(game: Game, tmp_path: Path) -> None:
    game.pushctl.ok("template", "pull", tmp_path, "-a", game.app)
    file = tmp_path / "Challenge.yaml"
    file.write_text(file.read_text("utf-8").replace("challenges", "dares"), "utf-8")
    assert game.pushctl("template", "pull", tmp_path, "-a", game.app).code == 5
    assert "dares" in file.read_text("utf-8")
    game.pushctl.ok("template", "pull", tmp_path, "-a", game.app, "--force")
    assert "challenges" in file.read_text("utf-8")


def dead_letters(game: Game, *options: object) -> list[dict[str, Any]]:
    found = game.pushctl.json("dlq", "list", *options)["dead_letters"]
    return [each for each in found if each["app_id"] == game.app]


def test_refused_dead_letters_are_never_redriven_by_accident(game: Game) -> None:
    sqs = game.stack.client("sqs")
    queue = game.stack.outputs["RequestQueueUrl"]
    body = {"app_id": game.app, "audience": {"players": ["sam"]}, "template": "Missing"}
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    game.stack.wait_until(lambda: dead_letters(game), 20, "a dead letter")
    (letter,) = dead_letters(game)
    assert letter["was_refused"]
    assert "has no template 'Missing'" in letter["reason"]
    assert "Missing" in game.pushctl.ok("dlq", "list").out
    shown = game.pushctl.json("dlq", "show", letter["message_id"])
    assert shown["body"]["template"] == "Missing"
    moved = game.pushctl.json("dlq", "redrive", "--yes")
    assert moved["moved"] == 0
    assert moved["kept_refused"] >= 1  # other tests leave refused messages too
    assert dead_letters(game) == [letter]
    assert game.pushctl("dlq", "purge", "--queue", "request").code == 2
    purged = game.pushctl.json("dlq", "purge", letter["message_id"], "--yes")
    assert purged["deleted"] == 1
    assert not dead_letters(game)


def test_failed_requests_are_redriven_and_notify_once(game: Game) -> None:
    sqs = game.stack.client("sqs")
    body = {
        "app_id": game.app,
        "audience": {"players": ["sam"]},
        "template": "Challenge",
        "parameters": {"challenger": "Redriven"},
    }
    sqs.send_message(QueueUrl=game.stack.outputs["RequestDlqUrl"], MessageBody=json.dumps(body))
    (letter,) = dead_letters(game)
    assert not letter["was_refused"]
    assert game.pushctl.json("dlq", "redrive", "-q", "request", "--yes")["moved"] == 1

    def shown() -> list[Any]:
        toasts = game.stack.wns.device(game.device).toasts
        return [each for each in toasts if each["texts"] == ["Redriven challenges you"]]

    game.stack.wait_until(shown, 20, "the redriven request is shown")
    # Its id is that of its message, so a second copy is the same request.
    again = body | {"request_id": letter["message_id"]}
    sqs.send_message(QueueUrl=game.stack.outputs["RequestQueueUrl"], MessageBody=json.dumps(again))
    game.send()
    assert len(shown()) == 1


def test_token_is_shown_by_its_age_only(game: Game) -> None:
    found = game.pushctl.json("token", "show", game.app)
    assert found["is_valid"]
    assert found["is_of_current_credentials"]
    assert found["expires_at"] > found["stored_at"]
    refreshed = game.pushctl.json("token", "refresh", game.app)["apps"]
    assert [each["status"] for each in refreshed] == ["fresh"]
    due = {each["app_id"]: each["status"] for each in game.pushctl.json("token", "refresh")["apps"]}
    assert due[game.app] == "fresh"


def test_logs_correlate_the_functions_by_notification(game: Game) -> None:
    notification_id = game.send()
    game.pushctl.ok("watch", notification_id, "-a", game.app, "--timeout", 30)
    found = game.stack.wait_until(
        lambda: game.pushctl.json("logs", notification_id)["lines"], 20, "log lines"
    )
    assert "dispatcher" in {each["function"] for each in found}
    assert game.pushctl("logs", "--function", "nobody").code == 3


def csv_of(game: Game, count: int) -> str:
    """Return an export of channels that the emulator has opened."""
    lines = [
        f"import-{number},pc-{number},"
        + game.stack.wns.create_channel(
            app=game.package_sid, device_id=f"{game.app}-{number}"
        ).channel_uri
        for number in range(count)
    ]
    return "\n".join(["player,device,channel_uri", *lines, "kim,pc,https://attacker.example/?a=b"])


def test_imported_players_are_reached(game: Game, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(csv_of(game, 3), "utf-8")
    exported_at = datetime.now(UTC).isoformat()
    args = ("import", file, "--from", "csv", "-a", game.app, "--exported-at", exported_at)
    report = game.pushctl.json(*args)
    assert (report["counts"]["imported"], report["counts"]["rejected"]) == (3, 1)
    assert game.pushctl.json(*args)["counts"] == report["counts"]
    sent = game.pushctl.json(
        "send", "-a", game.app, "--player", "import-1", "-t", "Challenge", "-p", "challenger=R"
    )
    done = game.pushctl.ok("watch", sent["notification_ids"][0], "-a", game.app, "--timeout", 30)
    assert "1 delivered" in done.out


KILLER = """
import os, sys
from pushctl.client.imports import progress
from pushctl.cli.main import run
from push.aws.dynamodb import Transactions
left, write = [int(sys.argv[1])], Transactions.write
def write_or_die(self, items):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)
    return write(self, items)
Transactions.write = write_or_die
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.slow_fault
def test_import_killed_by_the_system_ends_as_a_clean_run(game: Game, tmp_path: Path) -> None:
    lines = int(os.environ.get("IMPORT_LINES", "400"))
    exported_at = datetime.now(UTC).isoformat()
    tables: list[Any] = []
    reports: list[Any] = []
    for name, kills in (("killed", 5 if "IMPORT_LINES" in os.environ else 2), ("clean", 0)):
        other = make_game(game.stack, game.pushctl, device=False)
        file = tmp_path / name / "export.csv"
        file.parent.mkdir()
        file.write_text("".join(csv_lines(lines)), "utf-8")
        args = ["--local", "import", str(file), "--from", "csv", "-a", other.app]
        args += ["--exported-at", exported_at, "--json"]
        environment = {
            **os.environ,
            "PUSHCTL_LOCAL_STATE": str(game.pushctl.state_file),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/core")]),
        }
        for _ in range(kills):
            command = [sys.executable, "-c", KILLER, str(lines // 7), *args]
            killed = subprocess.run(command, env=environment, check=False, capture_output=True)
            assert killed.returncode == -signal.SIGKILL, killed
        reports.append(game.pushctl.json(*args[1:-1])["counts"])
        items = (
            game.stack.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=game.stack.outputs["ChannelsTableName"],
                FilterExpression="begins_with(pk, :app)",
                ExpressionAttributeValues={":app": {"S": f"{other.app}#"}},
            )
        )
        found = [item for page in items for item in page["Items"]]
        tables.append(
            sorted(
                (item["pk"]["S"].partition("#")[2], item["sk"]["S"], item["channel_uri"]["S"])
                for item in found
            )
        )
        tables.append(file.with_name("export.csv.rejects.csv").read_text("utf-8"))
    assert tables[:2] == tables[2:]
    assert reports[0] == reports[1]
    assert len(tables[0]) > lines // 2


def test_secret_is_in_no_list_of_processes(game: Game) -> None:
    command = [sys.executable, "-m", "pushctl", "--local", "credentials", "put", game.app]
    command += ["--package-sid", game.package_sid]
    environment = {
        **os.environ,
        "PUSHCTL_LOCAL_STATE": str(game.pushctl.state_file),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/core")]),
    }
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(f"{SECRET}\n")
        running.stdin.flush()
        seen = subprocess.run(
            ["/bin/ps", "auxwwe"], capture_output=True, text=True, check=True
        ).stdout
        out = running.stdout.read()
        assert running.wait(30) == 0
    assert "credentials put" in seen
    assert SECRET not in seen + out


def test_no_secret_or_token_or_channel_is_in_any_output(game: Game) -> None:
    secretsmanager = game.stack.client("secretsmanager")
    name = f"push-laptop/apps/{game.app}/access-token"
    token = json.loads(secretsmanager.get_secret_value(SecretId=name)["SecretString"])
    values = [SECRET, game.channel_uri, game.stack.operator.secret_access_key]
    values += [each for each in token.values() if isinstance(each, str) and len(each) > 40]
    assert len(values) > 3
    commands = [
        ("status",), ("app", "list"), ("app", "show", game.app), ("token", "show", game.app),
        ("template", "list", "-a", game.app), ("dlq", "list"), ("logs", game.app),
        ("doctor", "-a", game.app, "--player", game.player), ("logs", "--since", "1h"),
    ]  # fmt: skip
    for command in commands:
        for options in ((), ("--json",)):
            done = game.pushctl(*command, *options)
            for value in values:
                assert value not in done.out + done.err, command


def test_watch_status_and_other_commands_write_what_the_schema_says(game: Game) -> None:
    pushctl, app = game.pushctl, game.app
    followed = pushctl.json(
        "send", "-a", app, "--player", "sam", "-t", "Challenge", "-p", "challenger=R", "--watch"
    )
    notification_id = followed["summary"]["notification_id"]
    pushctl.json("watch", notification_id, "-a", app, "--timeout", 30)
    pushctl.json("app", "list")
    pushctl.json("app", "put", "to-be-deleted", "--name", "X", "--audience", "a")
    pushctl.json("app", "delete", "to-be-deleted", "--yes")
    pushctl.json("credentials", "put", app, "--package-sid", game.package_sid, stdin=SECRET)
    pushctl.json("template", "show", "Challenge", "-a", app)
    game.put_template("Gone")
    pushctl.json("template", "delete", "Gone", "-a", app, "--yes")
    pushctl.json("doctor", "-a", app)


def test_player_is_explained_exported_and_erased(game: Game) -> None:
    pushctl, app, player = game.pushctl, game.app, "auth0|a/b%20c"
    uri = game.stack.wns.create_channel(app=game.package_sid, device_id="erin-pc").channel_uri
    token = game.stack.player_token(player)
    path = f"/apps/{app}/channels/erin-pc"
    assert game.stack.player_request("PUT", path, token=token, json={"channel_uri": uri}).ok
    sent = ("send", "-a", app, "-t", "Challenge", "-p", "challenger=R", "--watch")
    game.pushctl.ok(*sent, "--player", player, "--player", "nobody")
    listed = pushctl.json(
        "notification", "list", "-a", app, "--template", "Challenge", "--since", "1h"
    )
    newest = listed["notifications"][0]
    assert newest["template"] == "Challenge"
    assert newest["notification_id"] in pushctl.ok("notification", "list", "-a", app).out
    shown = pushctl.json("player", "show", player, "-a", app)
    assert [each["device_id"] for each in shown["account"]["devices"]] == ["erin-pc"]
    assert shown["notifications"][0]["notification_id"] == newest["notification_id"]
    assert "erin-pc, toast: delivered" in pushctl.ok("player", "show", player, "-a", app).out
    for command in (("notification", "list"), ("player", "show", player), ("player", "erase", "x")):
        mistyped = pushctl(*command, "-a", "no-such-game")
        assert (mistyped.code, "no-such-game" in mistyped.err) == (3, True)
    nobody = pushctl.ok("player", "show", "nobody", "-a", app).out
    assert "no registered device" in nobody
    exported = pushctl.json("player", "export", player, "-a", app)
    assert exported["account"] == shown["account"]
    assert uri not in json.dumps(exported)
    assert pushctl("player", "erase", player, "-a", app, stdin="n\n").code != 0
    assert pushctl.json("player", "show", player, "-a", app)["account"]["devices"]
    assert pushctl.json("player", "erase", player, "-a", app, "--yes")["channels"] == 1
    assert not pushctl.json("player", "show", player, "-a", app)["account"]["devices"]


def test_stack_is_found_by_name_and_templates_are_promoted_from_it(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the settings of `.local/env`, the laptop stack is one like those on AWS."""
    state = game.stack.run_state()
    monkeypatch.setenv("AWS_ENDPOINT_URL", state.endpoint_url)
    monkeypatch.setenv("AWS_REGION", state.region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", state.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", state.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", state.secret_access_key)
    game.pushctl.ok("app", "put", "promoted-to", "--name", "X", "--audience", "a")
    promote = ["template", "promote", "-a", "promoted-to", "--from", state.stack]
    promote += ["--from-app", game.app]
    assert game.pushctl.json(*promote)["changes"]
    assert game.pushctl.json(*promote)["changes"] == []
    game.pushctl.ok("app", "delete", "promoted-to", "--yes")
    other = game.pushctl("--stack", state.stack, "app", "list")
    assert other.code == 2
    assert "not both" in other.err


def test_console_prints_its_address_and_ends_with_ctrl_c(game: Game) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pushctl", "--local", "--json", "console"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}",
            "PUSHCTL_LOCAL_STATE": str(game.pushctl.state_file),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        validate(("console",), Output(0, line, ""))
        url = json.loads(line)["url"]
        with requests.Session() as session:
            session.trust_env = False
            assert game.app in session.get(f"{url}api/apps", timeout=10).text
            without_token = f"{url.rsplit('/', 2)[0]}/api/apps"
            assert session.get(without_token, timeout=10).status_code == 403
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=10)
        assert running.returncode == 0
        assert (out, err) == ("", "")
    taken = game.pushctl("console", "--port", url.split(":")[2].split("/")[0], "--pictures", "/no")
    assert (taken.code, taken.err.strip()) == (5, "pushctl: /no is not a folder")


@pytest.fixture
def all_ran_in_this_process(request: pytest.FixtureRequest) -> None:
    """Skip a test that needs the others of this file, in one process (`make test-pushctl`)."""
    if request.session.testscollected < 15 or "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("only with the other tests of this file, in their process")


@pytest.mark.usefixtures("all_ran_in_this_process")
def test_every_command_was_compared_with_its_schema() -> None:
    assert SCHEMA["commands"].keys() == validated


def test_operator_policy_allows_what_the_commands_have_called(game: Game) -> None:
    """Of the tests before it; tests/integration/test_operator_policy.py has what is missing."""
    called = operator_calls.as_iam_sees(
        operator_calls.in_this_process, game.stack.run_state().stack, game.stack.resources
    )
    assert called <= operator_calls.allowed("OperatorPolicy", "ChannelImportPolicy")
