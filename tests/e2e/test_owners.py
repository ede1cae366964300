"""However many register the same channel URI at once, one has it in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local.demo.scenario import CLIENT_SECRET, PACKAGE_SID
from local.stack.stack import PLAYER_AUDIENCE

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

APP = "/apps/owners"
ROUNDS = 3
PLAYERS = [f"owner-{number}" for number in range(4)]


@pytest.fixture
def game(stack: LaptopStack) -> LaptopStack:
    stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    settings = {"name": "UriOwners", "token_audiences": [PLAYER_AUDIENCE]}
    assert stack.signed_request("PUT", APP, settings).ok
    return stack


def register(stack: LaptopStack, player: str, channel_uri: str, *topics: str) -> int:
    answer = stack.player_request(
        "PUT",
        f"{APP}/channels/pc",
        token=stack.player_token(player),
        json={"channel_uri": channel_uri, "topics": list(topics)},
    )
    return answer.status_code


def registered(stack: LaptopStack, player: str) -> int:
    answer = stack.player_request("GET", f"{APP}/channels", token=stack.player_token(player))
    return len(answer.json()["channels"])


def test_players_who_register_one_uri_at_once_leave_one_owner(game: LaptopStack) -> None:
    for _ in range(ROUNDS):
        uri = game.wns.create_channel(app=PACKAGE_SID, device_id="shared-pc").channel_uri
        with ThreadPoolExecutor(len(PLAYERS)) as at_once:
            asked = [at_once.submit(register, game, player, uri) for player in PLAYERS]
        assert {each.result() for each in asked} <= {200, 201, 409}
        owners = {player: registered(game, player) for player in PLAYERS}
        assert sum(owners.values()) == 1, owners


def test_concurrent_renewals_of_one_device_leave_one_consistent_channel(game: LaptopStack) -> None:
    uris = [
        game.wns.create_channel(app=PACKAGE_SID, device_id=f"pc-{number}").channel_uri
        for number in range(4)
    ]
    with ThreadPoolExecutor(len(uris)) as at_once:
        wanted = [
            at_once.submit(register, game, "renewing", uri, f"topic-{number}", "always")
            for number, uri in enumerate(uris)
        ]
    assert {each.result() for each in wanted} <= {200, 201, 409}
    client = game.client("dynamodb")
    key = {"pk": {"S": "owners#renewing"}, "sk": {"S": "pc"}}
    item = client.get_item(TableName=game.outputs["ChannelsTableName"], Key=key)["Item"]
    number = uris.index(item["channel_uri"]["S"])
    topics = [each["S"] for each in item["topics"]["L"]]
    assert topics == sorted([f"topic-{number}", "always"])
    found = client.scan(TableName=game.outputs["TopicsTableName"])["Items"]
    subscribed = {each["pk"]["S"].split("#")[1] for each in found if "renewing" in each["sk"]["S"]}
    # Others may have left subscriptions: they have no effect, and of a channel that is new they are
    # not deleted.
    assert subscribed >= set(topics)
