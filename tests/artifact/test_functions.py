"""Every built function answers every sample event under AWS's own runtime client."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tests.artifact.runtime import Function
from tools.template_yaml import ROOT, functions

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.stack import LaptopStack

EVENTS = ROOT / "events"
TAKEN: dict[str, Any] = {"batchItemFailures": []}
ASSUMED_BY_TEST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
# In an order in which each finds what it needs; a number is the status of an HTTP response.
REPLAYED: dict[str, Any] = {
    "operator_api-put_app": 201,
    "operator_api-list_apps": 200,
    "operator_api-put_credentials": 204,
    "token_refresher-app_credentials_changed": {"my-game"},
    "token_refresher-access_token_rejected": {"my-game"},
    "token_refresher-schedule": {"my-game"},
    "operator_api-put_template": 201,
    "operator_api-put_template_high_score_beaten": 201,
    "channels_api-register": 201,
    "channels_api-list": 200,
    "channels_api-put_presence": 204,
    "dispatcher-challenge_received": TAKEN,
    "dispatcher-high_score_beaten": TAKEN,
    "dispatcher-direct_request": TAKEN,
    "dispatcher-unreadable": TAKEN,
    "notification_sender-delivery": TAKEN,
    "notifications_api-request_notification": 202,
    "notifications_api-get_notification": 200,
    "notifications_api-cancel_notification": 200,
    "notifications_api-list_notifications": 200,
    "player_api-post_interactions": 200,
    "player_api-get_player": 200,
    "channels_api-remove": 204,
    "player_api-erase_me": 200,
    "player_api-erase_player": 200,
    "operator_api-resume_app": 200,
    "operator_api-delete_app": 204,
}


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text("utf-8"))


def logical_id(folder: str) -> str:
    (name,) = (
        name for name, each in functions().items() if each["CodeUri"] == f"functions/{folder}"
    )
    return name


def variables_of(stack: LaptopStack, function: str) -> dict[str, str]:
    """What the deployed function has, with credentials of its own role."""
    deployed = stack.client("lambda").get_function_configuration(
        FunctionName=stack.resources[function]
    )
    # On AWS only Lambda assumes the role.
    stack.client("iam").update_assume_role_policy(
        RoleName=deployed["Role"].rpartition("/")[2], PolicyDocument=json.dumps(ASSUMED_BY_TEST)
    )
    role = stack.client("sts").assume_role(RoleArn=deployed["Role"], RoleSessionName="artifact")
    return {
        **deployed["Environment"]["Variables"],
        "AWS_ACCESS_KEY_ID": role["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": role["Credentials"]["SessionToken"],
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": stack.operator.endpoint_url,
    }


def short(result: Any) -> Any:
    """A status, or what a worker's result says without its times and ids."""
    if isinstance(result, dict) and "statusCode" in result:
        return result["statusCode"]
    return result if result == TAKEN else set(result)


def test_every_sample_event_is_answered_from_the_built_artifact(
    artifact_of_this_machine: Path, stack: LaptopStack, tmp_path: Path
) -> None:
    credentials = json.loads(sample("operator_api-put_credentials")["body"])
    stack.wns.put_app(
        package_sid=credentials["package_sid"], client_secret=credentials["client_secret"]
    )
    with ExitStack() as opened:
        running: dict[str, Function] = {}
        answered: dict[str, Any] = {}
        for name in REPLAYED:
            folder = name.partition("-")[0]
            function = logical_id(folder)
            if folder not in running:
                variables = variables_of(stack, function)
                running[folder] = opened.enter_context(
                    Function(
                        artifact_of_this_machine, function, variables, tmp_path / f"{folder}.log"
                    )
                )
            answered[name] = short(running[folder].invoke(sample(name)))
    assert answered == REPLAYED
    logs = "".join(each.log() for each in running.values())
    assert "Traceback" not in logs
    assert "AccessDenied" not in logs


def test_every_sample_event_and_every_function_is_replayed() -> None:
    assert {path.stem for path in EVENTS.iterdir()} == REPLAYED.keys()
    replayed = {logical_id(name.partition("-")[0]) for name in REPLAYED}
    assert replayed == functions().keys()
