"""Registrations in every order of their calls: one channel has a URI, the later one wins, and a
channel's topics are subscribed.

The longer proof: `INTERLEAVINGS=200000 pytest tests/unit/push/test_registrations_interleaved.py`.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from push.aws.dynamodb import Transactions
from push.channels.models import Registration
from push.channels.presence import Presence
from push.channels.registration import Caller, Registrar
from push.channels.registration_limit import RegistrationLimit
from push.channels.table import Channels
from push.channels.topics import Topics
from push.channels.uri_claims import UriClaims
from push.channels.uri_owners import CLAIM_LEASE_S, UriOwners
from push.errors import ConflictError, TooManyRequestsError
from tests.unit.push.interleaving import Choices, Database, Died, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

APP = "my-game"
RUNS = int(os.environ.get("INTERLEAVINGS", "200"))
START = 1_790_000_000


@dataclass(frozen=True)
class Act:
    """A player registers a device with a URI and topics, or removes it (no URI)."""

    player: str
    device: str
    uri: str | None
    topics: tuple[str, ...] = ()

    @property
    def channel(self) -> tuple[str, str]:
        return self.player, self.device


@dataclass
class World:
    """Tables and workers."""

    database: Database = field(default_factory=lambda: Database(["Channels", "Topics"]))
    now: int = START
    pause: Callable[[float], None] = lambda _: None
    done: list[tuple[Act, Sequence[int], bool]] = field(default_factory=list)
    """What was done, from and to which step, and whether it was answered with success."""

    def registrar(self) -> Registrar:
        """Return what a worker has."""
        table = self.database.table("Channels")
        channels, owners = Channels(table), UriOwners(table)
        topics, limit = Topics(self.database.table("Topics")), RegistrationLimit(table)
        transactions = Transactions(
            table.dynamodb,
            lambda s: self.pause(s),  # noqa: PLW0108
            random.random,
        )
        app = SimpleNamespace(check_audience=lambda _: None, check_topics=lambda *_: None)
        apps = cast("Any", SimpleNamespace(get=lambda *_: app))
        claims = UriClaims(owners, channels, topics, limit, transactions)
        return Registrar(apps, channels, claims, topics, Presence(table), limit, transactions)

    def work(self, act: Act) -> Callable[[], bool]:
        """Return the work of an act; its result says whether it succeeded."""
        registrar, caller, now = self.registrar(), Caller(act.player, frozenset()), self.now

        def work() -> bool:
            try:
                if act.uri is None:
                    registrar.remove(caller, APP, act.device, now)
                else:
                    body = Registration(channel_uri=uri(act.uri), topics=act.topics)
                    registrar.register(caller, APP, act.device, body, now)
            except (ConflictError, TooManyRequestsError):
                return False
            return True

        return work

    def run(
        self, acts: Sequence[Act], choose: Callable[[int], int], faults: dict[int, str]
    ) -> None:
        """Do acts concurrently."""
        is_strict = "repeat" not in faults.values()
        run = Run(self.database, choose, faults, self.check_holders if is_strict else lambda: None)
        self.pause = run.pause
        for act, actor in zip(acts, run.execute([self.work(act) for act in acts]), strict=True):
            assert actor.error is None or isinstance(actor.error, Died), repr(actor.error)
            self.done.append((act, actor.span, bool(actor.result)))
        self.pause = lambda _: None

    def do(self, act: Act) -> None:
        """Do an act alone, after everything before."""
        assert self.work(act)()
        steps = max((span[1] for _, span, _ in self.done), default=0)
        self.done.append((act, (steps + 1, steps + 1), True))

    def retry(self, order: random.Random) -> None:
        """Let those that were not answered with success try again until they are."""
        left = [act for act, _, is_answered in self.done if not is_answered]
        order.shuffle(left)
        self.now += CLAIM_LEASE_S + 1
        for act in left:
            self.do(act)
            self.check_holders()

    def channels(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            (item["pk"].partition("#")[2], item["sk"]): item
            for item in self.database.items("Channels")
            if "channel_uri" in item
        }

    def check_holders(self) -> None:
        """At most one channel has a URI."""
        uris = Counter(item["channel_uri"] for item in self.channels().values())
        assert set(uris.values()) <= {1}, uris

    def check(self) -> None:
        """Nothing is held twice or lost, and every topic of a channel is subscribed."""
        self.check_holders()
        channels = self.channels()
        for act, span, is_answered in self.done:
            if not is_answered or act.uri is None:
                continue
            item = channels.get(act.channel)
            is_there = item is not None and item["channel_uri"] == uri(act.uri)
            # Another one that was not over when this one started may come after it.
            may_be_later = [
                other
                for other, of_other, _ in self.done
                if of_other is not span
                and of_other[1] >= span[0]
                and (other.channel == act.channel or other.uri == act.uri)
            ]
            assert is_there or may_be_later, act
        subscribed = {
            (item["sk"], item["pk"].split("#")[1]) for item in self.database.items("Topics")
        }
        for (player, device), item in channels.items():
            missing = [
                each for each in item["topics"] if (f"{player}#{device}", each) not in subscribed
            ]
            assert not missing, (player, device, missing)


def uri(name: str) -> str:
    return f"https://cloud.notify.windows.com/?token={name}"


ANNE, BOB, CID = (Act(player, "pc", "a", ("news",)) for player in ("anne", "bob", "cid"))
SCENARIOS: dict[str, tuple[list[Act], list[Act]]] = {
    "two players, a new URI": ([], [ANNE, BOB]),
    "two players, one of them has the URI": ([ANNE], [ANNE, BOB]),
    "two players, a third has the URI": ([CID], [ANNE, BOB]),
    "a player renews with another URI, another takes the first": (
        [ANNE],
        [Act("anne", "pc", "b", ("news",)), BOB],
    ),
    "two players change their URIs": (
        [ANNE, Act("bob", "pc", "b")],
        [Act("anne", "pc", "b"), Act("bob", "pc", "a")],
    ),
    "a device twice": ([], [ANNE, ANNE]),
    "a device twice, other topics": ([ANNE], [Act("anne", "pc", "a", ("cup",)), ANNE]),
    "a device twice, other URIs": ([], [ANNE, Act("anne", "pc", "b", ("cup",))]),
    "a player signs out, another signs in": ([ANNE], [Act("anne", "pc", None), BOB]),
    "a player signs out and in": ([ANNE], [Act("anne", "pc", None), ANNE]),
    "three players": ([], [ANNE, BOB, CID]),
    "three players, one of them has the URI": ([ANNE], [ANNE, BOB, CID]),
    "two players, one signs out": ([ANNE], [Act("anne", "pc", None), ANNE, BOB]),
    "a device three times": (
        [ANNE],
        [Act("anne", "pc", "b", ("news",)), Act("anne", "pc", "a", ("cup",)), ANNE],
    ),
    "a device that signs out and in, twice": (
        [ANNE],
        [Act("anne", "pc", None), ANNE, Act("anne", "pc", None), Act("anne", "pc", "b", ("news",))],
    ),
    "reinstalled": ([ANNE], [Act("anne", "new", "a", ("news",)), ANNE, BOB]),
}


def world_after(before: Sequence[Act], pause_s: int = 3600) -> World:
    world = World()
    for act in before:
        world.do(act)
    world.done.clear()
    world.now += pause_s
    return world


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("pause_s", [5, 3600])
def test_in_every_order_one_channel_has_the_uri_and_the_later_wins(name: str, pause_s: int) -> None:
    before, acts = SCENARIOS[name]
    choices = Choices()
    for _ in range(RUNS // 4):  # in order; further runs go on in the test below, by chance
        world = world_after(before, pause_s)
        world.run(acts, choices.choose, {})
        world.check()
        world.retry(random.Random(0))  # noqa: S311
        world.check()
        if not choices.next():
            break


@pytest.mark.parametrize("fault", [None, "die before", "die after", "repeat"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_deaths_and_repeated_calls_leave_one_channel_and_lose_no_later_one(
    name: str, fault: str | None
) -> None:
    before, acts = SCENARIOS[name]
    for seed in range(RUNS // 8):
        chance = random.Random(seed)  # noqa: S311
        faults = {chance.randint(1, 20): fault} if fault is not None else {}
        if fault is not None and chance.random() < 0.3:
            faults[chance.randint(1, 20)] = fault
        world = world_after(before, chance.choice([5, 3600]))
        world.run(acts, chance.randrange, faults)
        world.check()
        world.retry(chance)
        world.check()


@pytest.mark.parametrize("other", [BOB, Act("anne", "pc", None), Act("anne", "new", "a")])
@pytest.mark.parametrize("before", [[], [ANNE], [Act("anne", "pc", "b")], [CID]])
@pytest.mark.parametrize("call", range(1, 9))
def test_call_that_arrives_again_after_another_request_undoes_nothing(
    call: int, before: Sequence[Act], other: Act
) -> None:
    world = world_after(before)
    turns = itertools.count()
    # Its first turn leads to the first call; the other request is answered between both sendings.
    world.run(
        [ANNE, other], lambda count: 0 if next(turns) <= call else count - 1, {call: "repeat"}
    )
    world.check()
    world.retry(random.Random(0))  # noqa: S311
    world.check()


def test_sign_out_leaves_the_subscription_that_a_registration_in_flight_counts_on() -> None:
    """A registration subscribes; another one of the device overtakes it and is signed out."""
    slow, overtaking, out = (
        Act("anne", "pc", "b", ("news",)),
        ANNE,
        Act("anne", "pc", None),
    )
    world, turns, turns_out = world_after([]), itertools.count(), itertools.count()

    def choose(alternatives: int) -> int:
        if alternatives == 3:  # all: the slow one stops before it stores its channel
            return 0 if next(turns) < 4 else 1
        return 1 if next(turns_out) < 5 else 0  # the sign-out stops before it unsubscribes

    world.run([slow, overtaking, out], choose, {})
    world.check()
    assert world.channels()["anne", "pc"]["channel_uri"] == uri("b")
