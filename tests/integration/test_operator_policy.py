"""Operators' policies allow what pushctl calls, on exactly these resources, and nothing else."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pushctl.client import dead_letters, sending, status, tokens
from pushctl.client.dead_letter_messages import QUEUES
from pushctl.client.imports.runner import ImportSettings, import_channels
from tests.integration.backend import PACKAGE_SID, STACK
from tests.integration.builders import APP, TOAST, game_fixture, open_channel, request
from tests.integration.pushctl_stack import stack_of
from tests.operator_calls import Call, allowed, as_iam_sees, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from pushctl.client.stack import Stack
    from tests.integration.backend import Backend

ONLY_THERE = {
    *("cloudformation:DescribeStacks", "cloudformation:ListStackResources"),
    *("lambda:InvokeFunction", "logs:FilterLogEvents", "cloudwatch:DescribeAlarms"),
}
"""Of services that are not here; tests/e2e/test_pushctl.py holds these against the policy."""
game = game_fixture(devices={"pc": "player-1"})


def called(game: Backend, calls: list[Any]) -> set[Call]:
    return as_iam_sees(calls, STACK, game._names)


def look_around(game: Backend, stack: Stack) -> None:
    """Call what reads, what refreshes, and what moves dead letters."""
    for name, queue in QUEUES.items():
        game.put(queue, request("player-1") | {"lane": "direct"})
        if name == "refused":
            arn = "arn:aws:sqs:eu-west-1:123456789012:RequestQueue"
            game.sqs.send_message(
                QueueUrl=game.url(queue),
                MessageBody=json.dumps(request("player-1")),
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": "no template"},
                    "queue": {"DataType": "String", "StringValue": arn},
                },
            )
    status.get_status(stack)
    dead_letters.list_dead_letters(stack)
    dead_letters.redrive(stack, list(QUEUES), include_refused=True)
    dead_letters.purge(stack, list(QUEUES))
    tokens.token_info(stack, APP)
    for audience in ({"players": ["player-1"]}, {"topic": "clan"}, {"everyone": True}):
        body = {"request_id": "dry", "audience": audience, "notification": TOAST}
        sending.dry_run(stack, APP, sending.read_request(body))


def move_here(game: Backend, folder: Path) -> None:
    """Import channels: new ones, one of a device that changed hands, other topics, one
    whose owner was removed."""
    uris = [game.wns.create_channel(app=PACKAGE_SID, device_id=each).channel_uri for each in "ab"]
    for age_s, lines in (
        (2000, [f"kim,pc,{uris[0]},clan;guild,", f"lee,pc,{uris[1]},,"]),
        (1000, [f"kim,pc,{uris[0]},clan,", f"max,pc,{uris[1]},,"]),
        (500, [f"nan,pc,{uris[1]},,"]),
    ):
        if age_s == 500:
            game.table("ChannelsTable").delete_item(Key={"pk": f"{APP}#max", "sk": "pc"})
        file = folder / f"{age_s}.csv"
        file.write_text("\n".join(["player,device,channel_uri,topics,renewed_at", *lines, ""]))
        settings = ImportSettings(app_id=APP, format="csv", exported_at=int(time.time()) - age_s)
        import_channels(stack_of(game), file, settings)


def test_policies_allow_what_pushctl_calls_and_nothing_else(game: Backend, tmp_path: Path) -> None:
    open_channel(game, "player-2", "tv", topics=["clan"])
    looking: list[Any] = []
    moving: list[Any] = []
    with recorded(looking):
        look_around(game, stack_of(game))
    with recorded(moving):
        move_here(game, tmp_path)
    assert called(game, looking) <= allowed("OperatorPolicy")
    assert called(game, moving) <= allowed("OperatorPolicy", "ChannelImportPolicy")
    granted = allowed("OperatorPolicy", "ChannelImportPolicy")
    assert {each for each in granted if each[0] not in ONLY_THERE} == called(game, looking + moving)
