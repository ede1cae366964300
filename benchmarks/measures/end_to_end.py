"""Latency on the laptop stack, from an event on the bus until the toast is on the device."""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.results import Row
from local.stack.ports import Ports
from local.stack.stack import LaptopStack
from push.channels.keys import SHARDS, shard_of

if TYPE_CHECKING:
    from collections.abc import Callable

APP = "bench-game"
PACKAGE_SID = "ms-app://S-1-15-2-1111111111-2222222222-3333333334"
SECRET = "a-secret-of-the-benchmarks"  # noqa: S105
TEMPLATE = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["event ${number}"]}}},
}
_GROUP = "Laptop stack, event to toast"
_DEVICES = 20
_PAUSE_S = 0.25


class Game:
    """An app on a laptop stack with players who get events, and a crowd who get broadcasts."""

    def __init__(self, stack: LaptopStack) -> None:
        self._stack = stack
        self._sent: dict[int, float] = {}
        stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=SECRET)
        settings = {"name": "Bench", "token_audiences": ["windows-game"], "send_rate": 1000}
        self._operate("PUT", f"/apps/{APP}", settings)
        credentials = {
            "identity": "package_sid", "package_sid": PACKAGE_SID, "client_secret": SECRET,
        }  # fmt: skip
        self._operate("PUT", f"/apps/{APP}/credentials", credentials)
        stack.wait_until(self._has_token, 20, "the app has an access token")
        self._operate("PUT", f"/apps/{APP}/templates/Number", TEMPLATE)
        for number in range(_DEVICES):
            self._register(number)

    def _operate(self, method: str, path: str, body: Any) -> Any:
        response = self._stack.signed_request(method, path, body)
        response.raise_for_status()
        return response.json() if response.content else None

    def _has_token(self) -> bool:
        listed = self._stack.client("secretsmanager").list_secrets()["SecretList"]
        return any(each["Name"].endswith(f"/apps/{APP}/access-token") for each in listed)

    def _register(self, number: int) -> None:
        channel = self._stack.wns.create_channel(app=PACKAGE_SID, device_id=f"pc-{number}")
        self._stack.player_request(
            "PUT",
            f"/apps/{APP}/channels/pc-{number}",
            token=self._stack.player_token(f"player-{number}"),
            json={"channel_uri": channel.channel_uri},
        ).raise_for_status()

    def gather_crowd(self, count: int) -> None:
        """Write channels of more players straight into the table: registering takes longer."""
        table = self._stack.resources["ChannelsTable"]
        client = self._stack.client("dynamodb")
        key = {"pk": {"S": f"{APP}#player-0"}, "sk": {"S": "pc-0"}}
        item = client.get_item(TableName=table, Key=key)["Item"]
        puts = []
        for number in range(count):
            player = f"crowd-{number:05}"
            device = f"crowd-pc-{number % 50}"
            text = json.dumps(item).replace("player-0", player).replace("pc-0", device)
            channel = self._stack.wns.create_channel(app=PACKAGE_SID, device_id=device)
            made = json.loads(text) | {
                "channel_uri": {"S": channel.channel_uri},
                "shard": {"S": f"{APP}#{shard_of(player, SHARDS)}"},
            }
            puts.append({"PutRequest": {"Item": made}})
        for at in range(0, count, 25):
            client.batch_write_item(RequestItems={table: puts[at : at + 25]})

    def broadcast(self) -> str:
        """Start a broadcast to everyone; return its id."""
        body = {
            "audience": {"everyone": True},
            "template": "Number",
            "parameters": {"number": "of the crowd"},
            "allow_repeat": True,
        }
        response = self._operate("POST", f"/apps/{APP}/notifications", body)
        return str(response["notification_id"])

    def is_running(self, notification_id: str) -> bool:
        shown = self._stack.signed_request("GET", f"/apps/{APP}/notifications/{notification_id}")
        return bool(shown.json()["state"] != "completed")

    def publish(self, number: int) -> None:
        """Publish an event for one player and note when."""
        detail = {
            "app_id": APP,
            "audience": {"players": [f"player-{number % _DEVICES}"]},
            "template": "Number",
            "parameters": {"number": str(number)},
        }
        entry = {
            "EventBusName": self._stack.outputs["GameEventBusName"], "Source": "game",
            "DetailType": "Number", "Detail": json.dumps(detail),
        }  # fmt: skip
        bus = self._stack.client("events")
        self._sent[number] = time.time()
        bus.put_events(Entries=[entry])

    def latencies(self, numbers: range) -> list[float]:
        """Wait for the toasts of these events; return how long each took, in seconds."""
        found: dict[int, float] = {}

        def collect() -> bool:
            for each in range(_DEVICES):
                for toast in self._stack.wns.device(f"pc-{each}").toasts:
                    word, _, number = str(toast["texts"][0]).partition(" ")
                    if word == "event" and number.isdigit() and int(number) in numbers:
                        found[int(number)] = float(toast["arrived_at"])
            return len(found) == len(numbers)

        self._stack.wait_until(collect, 120, "every toast has arrived")
        return [at - self._sent[number] for number, at in found.items()]


def end_to_end(count: int, crowd: int) -> list[Row]:
    """Measure so many events on an idle stack, and so many while broadcasts to a crowd run."""
    with LaptopStack("bench", Ports.free()) as stack:
        game = Game(stack)

        def measure(first: int, before_each: Callable[[], None]) -> list[float]:
            for number in range(first, first + count):
                before_each()
                game.publish(number)
                time.sleep(_PAUSE_S)
            return game.latencies(range(first, first + count))

        measure(0, lambda: None)  # starts every function
        idle = measure(count, lambda: None)
        game.gather_crowd(crowd)
        running = [game.broadcast()]

        def keep_running() -> None:
            if not game.is_running(running[-1]):
                running.append(game.broadcast())

        busy = measure(2 * count, keep_running)
    return [*_rows("idle", idle), *_rows("under a broadcast", busy)]


def _rows(name: str, latencies: list[float]) -> list[Row]:
    ordered = sorted(latencies)
    p99 = ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
    median = statistics.median(ordered)
    return [
        Row(_GROUP, f"{name}, median", "s", "lower", 1.0, [median]),
        Row(_GROUP, f"{name}, 99th percentile", "s", "lower", 2.0, [p99]),
    ]
