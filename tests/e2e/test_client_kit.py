"""The client kit on the laptop stack: all conformance vectors, in C#, in C++ and with the devices
page's client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from local.demo.scenario import APP as PAGE_APP
from local.devices.backend import Addresses, Backend
from local.devices.game import Game
from local.devices.roster import Roster
from local.stack.stack import PLAYER_AUDIENCE
from tests.clients import kit
from tests.clients.front import Front
from tests.clients.vectors import VECTORS, KitRun, PageRun

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.stack import LaptopStack

APP = "client-kit"
PACKAGE_SID = "ms-app://S-1-15-2-4444444444-5555555555-6666666666"
SECRET = "a-secret-of-the-kit"
TOAST = {"toast": {"texts": ["It works"]}}


DUEL = {
    "default_locale": "en",
    "track": True,
    "locales": {
        "en": {
            "toast": {
                "texts": ["A duel?"],
                "launch": "action=view&duel=7",
                "inputs": [{"id": "message"}],
                "buttons": [{"content": "Reply", "arguments": "action=reply&duel=7"}],
            }
        }
    },
}


@dataclass(frozen=True, slots=True)
class StackWorld:
    """The laptop stack, as the vectors need it."""

    stack: LaptopStack
    app: str

    @property
    def backend_url(self) -> str:
        return self.stack.api_url

    def create_channel(self, device: str) -> str:
        return str(self.stack.wns.create_channel(app=PACKAGE_SID, device_id=device).channel_uri)

    def token(self, player: str, kind: str) -> str:
        expired = {"exp": int(time.time()) - 3600}
        return {
            "none": lambda: "",
            "valid": lambda: self.stack.player_token(player),
            "expired": lambda: self.stack.player_token(player, claims=expired),
        }[kind]()

    def remove_channel(self, player: str, device: str) -> None:
        path = f"/apps/{self.app}/channels/{device}"
        token = self.stack.player_token(player)
        assert self.stack.player_request("DELETE", path, token=token).status_code == 204


@pytest.fixture(scope="module")
def game(stack: LaptopStack) -> LaptopStack:
    stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=SECRET)
    settings = {
        "name": "Client Kit",
        "token_audiences": [PLAYER_AUDIENCE],
        "open_topics": ["news", "event.*"],
    }
    assert stack.signed_request("PUT", f"/apps/{APP}", settings).ok
    credentials = {"identity": "package_sid", "package_sid": PACKAGE_SID, "client_secret": SECRET}
    assert stack.signed_request("PUT", f"/apps/{APP}/credentials", credentials).ok
    return stack


def registered(stack: LaptopStack, app: str, names: str) -> set[tuple[Any, ...]]:
    """Return player, device, URI and topics of the channels of players named `names`-…."""
    pages = stack.client("dynamodb").get_paginator("scan")
    items = [
        item
        for page in pages.paginate(TableName=stack.outputs["ChannelsTableName"])
        for item in page["Items"]
        if item["pk"]["S"].startswith(f"{app}#{names}-")
    ]
    return {
        (
            item["pk"]["S"].partition("#")[2],
            item["sk"]["S"],
            item["channel_uri"]["S"],
            tuple(each["S"] for each in item.get("topics", {"L": []})["L"]),
        )
        for item in items
    }


def notify(stack: LaptopStack, app: str, players: set[str], **what: Any) -> str:
    """Send a notification to players, by default a toast, and wait for its outcomes; return the
    path of its record."""
    body = {"audience": {"players": sorted(players)}} | (what or {"notification": TOAST})
    accepted = stack.signed_request("POST", f"/apps/{app}/notifications", body)
    assert accepted.status_code == 202, accepted.text
    path = f"/apps/{app}/notifications/{accepted.json()['notification_id']}"
    stack.wait_until(
        lambda: stack.signed_request("GET", path).json()["state"] == "completed", 30, "it is sent"
    )
    return path


def toasts(stack: LaptopStack, device: str) -> int:
    return len(stack.wns.device(device).toasts)


def run_all(runs: list[KitRun]) -> None:
    for run in runs:
        run.run()


@pytest.mark.parametrize("language", ["csharp", "cpp"])
def test_kit_does_in_each_vector_exactly_what_the_vector_says(
    game: LaptopStack, tmp_path: Path, language: str
) -> None:
    kit.need(language)
    world = StackWorld(game, APP)
    command = kit.build(language, tmp_path)
    with kit.Driver(command) as one, kit.Driver(command) as other, ThreadPoolExecutor(2) as pool:
        runs = [
            KitRun(language, vector, world, driver, tmp_path)
            for vector, driver in zip(VECTORS.values(), cycle((one, other)), strict=False)
        ]
        halves = [pool.submit(run_all, runs[first::2]) for first in (0, 1)]
        for half in halves:
            half.result()
    expected = {channel for run in runs for channel in run.channels()}
    assert registered(game, APP, language) == expected
    players = {run.name(player) for run in runs for player in ("anna", "bert", "cora")}
    notify(game, APP, players)
    shown = {run.name("pc"): toasts(game, run.name("pc")) for run in runs if run.channels()}
    assert shown == dict.fromkeys((device for _, device, _, _ in expected), 1)


@pytest.mark.parametrize("language", ["csharp", "cpp"])
def test_what_the_player_did_reaches_the_record(
    game: LaptopStack, tmp_path: Path, language: str
) -> None:
    kit.need(language)
    assert game.signed_request("PUT", f"/apps/{APP}/templates/duel", DUEL).ok
    player, device = f"{language}-duelist", f"{language}-duel-pc"
    world = StackWorld(game, APP)
    with kit.Driver(kit.build(language, tmp_path)) as driver:
        token = {"do": "token", "player": player, "token": world.token(player, "valid")}
        for command in (
            {
                "do": "open",
                "api_url": world.backend_url,
                "app": APP,
                "device": device,
                "storage": str(tmp_path / "state"),
                "now": float(int(time.time())),
            },
            token | {"new": ""},
            {"do": "channel", "uri": world.create_channel(device)},
            {"do": "begin"},
            {"do": "sign_in", "player": player},
            {"do": "run"},
        ):
            driver.send(command)
        path = notify(game, APP, {player}, template="duel")
        toast = game.wns.device(device).toasts[-1]
        (reply,) = (button["arguments"] for button in toast["buttons"])
        driver.send({"do": "report", "arguments": toast["launch"], "kind": "opened"})
        pressed = {"kind": "action", "action": reply, "inputs": {"message": "You are on!"}}
        driver.send({"do": "report", "arguments": reply} | pressed)
        answer = driver.send({"do": "run"})
    assert answer is not None
    assert answer["events"] == []
    counted = game.signed_request("GET", path).json()["interactions"]
    assert (counted["opened"], counted["actions"]) == (1, {"reply": 1})


def test_page_ends_each_vector_with_the_same_channels_as_the_kit(game: LaptopStack) -> None:
    operator = game.operator
    names = game.outputs["GameEventBusName"], game.outputs["TokenRefresherFunctionName"]
    store = Backend(Addresses(game.api_url, game.issuer_url, *names), operator)
    shop = Game(store, game.wns)
    shop.prepare()
    world = StackWorld(game, PAGE_APP)

    def run(vector: dict[str, Any]) -> PageRun:
        with Front(game.api_url) as front:
            players = Backend(Addresses(front.url, game.issuer_url, *names), operator)
            roster = Roster(players, game.wns, shop, lambda *_: None, time.time)
            page = PageRun(vector, roster, world.remove_channel, front)
            page.run()
            return page

    vectors = [each for each in VECTORS.values() if "page" in each.get("clients", ["page"])]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, vectors))
    expected = {channel for each in runs for channel in each.channels()}
    found = registered(game, PAGE_APP, "page")
    assert {(player, device) for player, device, _, _ in found} == expected
    notify(game, PAGE_APP, {each.name(one) for each in runs for one in ("anna", "bert", "cora")})
    assert {device: toasts(game, device) for _, device in expected} == {
        device: 1 for _, device in expected
    }
