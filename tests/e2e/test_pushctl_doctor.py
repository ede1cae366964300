"""The doctor names each cause when it is there, and none on a healthy app."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from pushctl.client.doctor.causes import Cause
from tests.e2e.pushctl_cli import SECRET, TEMPLATE, Game, Pushctl, make_game, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack.stack import LaptopStack

ENTRA = {
    "tenant_id": "11111111-2222-3333-4444-555555555555",
    "object_id": "99999999-8888-7777-6666-555555555555",
}


@pytest.fixture(scope="module")
def pushctl(stack: LaptopStack, tmp_path_factory: pytest.TempPathFactory) -> Pushctl:
    return Pushctl.of(stack, tmp_path_factory.mktemp("pushctl"))


@pytest.fixture
def game(stack: LaptopStack, pushctl: Pushctl) -> Game:
    return make_game(stack, pushctl)


def diagnose(game: Game, *options: object) -> dict[str, Any]:
    done = game.pushctl(
        "doctor", "-a", game.app, "--player", game.player, "--device", game.device,
        "-t", "Challenge", "--json", *options,
    )  # fmt: skip
    found: dict[str, Any] = done.json
    validate(("doctor",), done)
    assert done.code == (1 if found["cause"] else 0), done
    assert SECRET not in done.out + done.err
    return found


def app_item(game: Game, **changes: Any) -> None:
    """Change attributes of the app's item in the table."""
    game.stack.client("dynamodb").update_item(
        TableName=game.stack.outputs["AppsTableName"],
        Key={"pk": {"S": game.app}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changes),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in changes.items()},
    )


def secret_name(game: Game, kind: str) -> str:
    return f"push-laptop/apps/{game.app}/{kind}"


def change_token(game: Game, **changes: Any) -> None:
    secrets = game.stack.client("secretsmanager")
    name = secret_name(game, "access-token")
    token = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(token | changes))


def change_channel(game: Game, **changes: Any) -> None:
    game.stack.client("dynamodb").update_item(
        TableName=game.stack.outputs["ChannelsTableName"],
        Key={"pk": {"S": f"{game.app}#{game.player}"}, "sk": {"S": game.device}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changes),
        ExpressionAttributeValues={f":{name}": value for name, value in changes.items()},
    )


def test_healthy_app_has_no_cause(game: Game) -> None:
    found = diagnose(game, "--probe")
    assert found["cause"] is None
    assert {each["level"] for each in found["findings"]} == {"ok"}
    assert len(found["findings"]) >= 9
    shown = game.pushctl.ok("doctor", "-a", game.app)
    assert "no problem was found" in shown.out


def test_unknown_app(game: Game) -> None:
    done = game.pushctl("doctor", "--app", "nobodys-app", "--json")
    assert done.json["cause"] == Cause.APP_UNKNOWN


def disable(game: Game) -> None:
    game.pushctl.ok("app", "disable", game.app)


def stop_for_quota(game: Game) -> None:
    app_item(game, stopped="quota_exceeded")


def stop_for_block(game: Game) -> None:
    app_item(game, stopped="sender_blocked")


def throttle(game: Game) -> None:
    game.stack.wns.throttle_app(game.package_sid, retry_after=600)


def delete_credentials(game: Game) -> None:
    game.stack.client("secretsmanager").delete_secret(
        SecretId=secret_name(game, "credentials"), ForceDeleteWithoutRecovery=True
    )


def rotate_secret(game: Game) -> None:
    """Somebody replaces the secret in Partner Center; the next refresh is refused."""
    game.stack.wns.put_app(package_sid=game.package_sid, client_secret="another-secret")
    change_token(game, expires_at=int(time.time()) - 60)
    due = game.pushctl("token", "refresh", "--json").json["apps"]
    assert {each["app_id"]: each["status"] for each in due}[game.app] == "failed"
    game.stack.wait_until(
        lambda: game.pushctl.json("logs", game.app, "--function", "token_refresher")["lines"],
        10,
        "the log of the refresher",
    )


def delete_token(game: Game) -> None:
    game.stack.client("secretsmanager").delete_secret(
        SecretId=secret_name(game, "access-token"), ForceDeleteWithoutRecovery=True
    )


def expire_token(game: Game) -> None:
    change_token(game, expires_at=int(time.time()) - 60)


def replace_credentials(game: Game) -> None:
    secrets = game.stack.client("secretsmanager")
    name = secret_name(game, "credentials")
    text = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString=text)


def delete_template(game: Game) -> None:
    game.pushctl.ok("template", "delete", "Challenge", "-a", game.app, "--yes")


def disable_template(game: Game) -> None:
    game.put_template(push_enabled=False)


def leave_out_the_language(game: Game) -> None:
    english = {"en-US": TEMPLATE["locales"]["en-US"]}
    game.put_template(locales=english)
    game.register_uri(game.device, game.channel_uri, locale="de-DE")


def remove_channel(game: Game) -> None:
    token = game.stack.player_token(game.player)
    path = f"/apps/{game.app}/channels/{game.device}"
    assert game.stack.player_request("DELETE", path, token=token).ok


def expire_channel(game: Game) -> None:
    change_channel(game, expires_at={"N": str(int(time.time()) - 60)})


def close_channel(game: Game) -> None:
    game.stack.wns.close_channel(game.channel_uri)


def point_channel_elsewhere(game: Game) -> None:
    change_channel(game, channel_uri={"S": "https://attacker.example/?token=x"})


def disconnect(game: Game) -> None:
    game.stack.wns.disconnect_device(game.device)


def switch_toasts_off(game: Game) -> None:
    game.stack.wns.set_notifications_enabled(game.device, app=game.package_sid, enabled=False)


def register_channel_of_another_app(game: Game) -> None:
    other = "ms-app://s-1-15-2-1-2-3-4-5-6-7"
    game.stack.wns.put_app(package_sid=other, client_secret="x")
    channel = game.stack.wns.create_channel(app=other, device_id=game.device)
    game.register_uri(game.device, channel.channel_uri)


def take_off_the_allow_list(game: Game) -> None:
    game.stack.wns.set_allow_listed(game.package_sid, allowed=False)


def reject_requests(game: Game) -> None:
    game.stack.wns.fail_next(5, app=game.package_sid, code=400)


@pytest.mark.parametrize(
    ("provoke", "options", "cause"),
    [
        (disable, (), Cause.APP_DISABLED),
        (stop_for_quota, (), Cause.QUOTA_EXCEEDED),
        (stop_for_block, (), Cause.SENDER_BLOCKED),
        (throttle, ("--probe", "--wait", 3), Cause.THROTTLED),
        (delete_credentials, (), Cause.CREDENTIALS_MISSING),
        (rotate_secret, (), Cause.CREDENTIALS_REFUSED),
        (delete_token, (), Cause.TOKEN_MISSING),
        (expire_token, (), Cause.TOKEN_EXPIRED),
        (replace_credentials, (), Cause.TOKEN_OUTDATED),
        (delete_template, (), Cause.TEMPLATE_UNKNOWN),
        (disable_template, (), Cause.TEMPLATE_DISABLED),
        (leave_out_the_language, (), Cause.LANGUAGE_MISSING),
        (remove_channel, (), Cause.CHANNEL_MISSING),
        (expire_channel, (), Cause.CHANNEL_EXPIRED),
        (close_channel, ("--probe",), Cause.CHANNEL_GONE),
        (point_channel_elsewhere, ("--probe",), Cause.HOST_REFUSED),
        (disconnect, ("--probe",), Cause.DEVICE_OFFLINE),
        (switch_toasts_off, ("--probe",), Cause.TOASTS_OFF),
        (register_channel_of_another_app, ("--probe",), Cause.IDENTITY_MISMATCH),
        (take_off_the_allow_list, ("--probe",), Cause.NOT_ALLOW_LISTED),
        (reject_requests, ("--probe",), Cause.REJECTED),
    ],
    ids=lambda each: each.__name__ if callable(each) else None,
)
def test_cause_is_named_with_what_fixes_it(
    game: Game, provoke: Callable[[Game], None], options: tuple[object, ...], cause: Cause
) -> None:
    provoke(game)
    found = diagnose(game, *options)
    problems = [each["cause"] for each in found["findings"] if each["level"] == "problem"]
    assert found["cause"] == cause, found
    assert problems[0] == cause
    (finding,) = [each for each in found["findings"] if each["cause"] == cause][:1]
    assert finding["fix"]
    assert "{app}" not in finding["fix"]


def make_entra_app(game: Game) -> None:
    """Make the app one of Microsoft Entra, with a channel."""
    client_id = f"aaaaaaaa-0000-0000-0000-{game.app[-8:].rjust(12, '0')}"
    game.stack.wns.put_entra_app(client_id=client_id, client_secret=SECRET, **ENTRA)
    game.pushctl.ok(
        "app", "put", game.app, "--name", "X", "--audience", "windows-game", "--identity", "entra"
    )
    game.pushctl.ok(
        "credentials", "put", game.app, "--tenant-id", ENTRA["tenant_id"], "--client-id", client_id,
        stdin=SECRET,
    )  # fmt: skip
    game.package_sid = client_id
    game.stack.wait_until(
        lambda: game.pushctl.json("token", "show", game.app)["is_of_current_credentials"],
        20,
        "a token of the new credentials",
    )
    game.channel_uri = game.register(game.device, locale="en-US")


def test_unmapped_package_family_name_of_an_entra_app(game: Game) -> None:
    make_entra_app(game)
    assert diagnose(game, "--probe")["cause"] is None
    game.stack.wns.set_pfn_mapping(game.package_sid, mapped=False)
    found = diagnose(game, "--probe")
    assert found["cause"] == Cause.PACKAGE_FAMILY_NOT_MAPPED
    assert "Package SID" in json.dumps(found)


def test_player_in_the_game_is_a_note_and_no_problem(game: Game) -> None:
    game.put_template(options={"skip_players_in_game": True})
    token = game.stack.player_token(game.player)
    path = f"/apps/{game.app}/channels/{game.device}/presence"
    body = {"in_game": True}
    assert game.stack.player_request("PUT", path, token=token, json=body).ok
    found = diagnose(game)
    assert found["cause"] is None
    assert [each["cause"] for each in found["findings"] if each["level"] == "note"] == ["in_game"]


def test_notification_that_did_not_arrive_is_explained(game: Game) -> None:
    switch_toasts_off(game)
    notification_id = game.send()
    game.pushctl.ok("watch", notification_id, "-a", game.app, "--timeout", 30)
    found = diagnose(game, "--notification", notification_id)
    assert found["cause"] == Cause.TOASTS_OFF
    shown = game.pushctl.ok(
        "notification", "show", notification_id, "-a", game.app, "--player", game.player
    )
    assert "switched the game's notifications off" in shown.out
