"""The laptop stack refuses what AWS would refuse, and what it prints works when pasted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.stack.aws import Aws
from local.stack.issuer import SigningKey

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

CHANNELS = "/apps/space-duel/channels"


def test_request_signed_with_a_wrong_secret_is_refused(stack: LaptopStack) -> None:
    stranger = Aws(stack.ports.aws, stack.operator.access_key_id, "not the secret")
    assert stranger.signed_request("GET", f"{stack.api_url}/apps/space-duel").status_code == 403
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.client("sqs").list_queues()


def test_operator_route_without_a_signature_is_refused(stack: LaptopStack) -> None:
    assert stack.player_request("GET", "/apps/space-duel", token=None).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"aud": "another-game"},
        {"iss": "https://players.example.com"},
        {"aud": None},
    ],
    ids=["expired", "other audience", "other issuer", "no audience"],
)
def test_players_token_with_a_wrong_claim_is_refused(
    stack: LaptopStack, claims: dict[str, Any]
) -> None:
    token = stack.player_token("sam", claims=claims)
    assert stack.player_request("GET", CHANNELS, token=token).status_code == 401


def test_players_token_of_another_key_is_refused(stack: LaptopStack) -> None:
    token = stack.player_token("sam", key=SigningKey.generate())
    assert stack.player_request("GET", CHANNELS, token=token).status_code == 401


def test_players_token_is_let_in(stack: LaptopStack) -> None:
    answer = stack.player_request(
        "GET", "/apps/no-such-app/channels", token=stack.player_token("sam")
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_permissions_of_a_function_are_enforced(stack: LaptopStack) -> None:
    """A user with the policies of channels_api can do what they grant, and nothing else."""
    iam = stack.client("iam")
    role = stack.resources["ChannelsApiRole"]
    iam.create_user(UserName="as-channels-api")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        iam.put_user_policy(
            UserName="as-channels-api", PolicyName=name, PolicyDocument=json.dumps(document)
        )
    key = iam.create_access_key(UserName="as-channels-api")["AccessKey"]
    user = Aws(stack.ports.aws, key["AccessKeyId"], key["SecretAccessKey"]).client("dynamodb")

    user.get_item(TableName=stack.outputs["AppsTableName"], Key={"pk": {"S": "space-duel"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        user.scan(TableName=stack.outputs["AppsTableName"])
    with pytest.raises(ClientError, match="AccessDenied"):
        user.get_item(
            TableName=stack.outputs["TemplatesTableName"],
            Key={"pk": {"S": "space-duel"}, "sk": {"S": "ChallengeReceived"}},
        )
