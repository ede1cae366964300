"""What one notification or registration uses, counted in a real run: the input of `cost.py`.

AWS takes CALL_S a call and WNS WNS_MS here, so that the waiting that Lambda bills is there too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.lab import CALL_S
from benchmarks.lambda_events import sqs_event
from benchmarks.world import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.lab import Lab

BATCH = 10
BATCHES = 4
POPULATION = 1_000_000
BROADCAST_SHARDS = 1
_SHARDS = 64
_POLLED_BYTES = 64 * 1024


class Counts(dict[str, float]):
    """Amounts by name."""

    def add(self, **amounts: float) -> None:
        """Add amounts whose names are words."""
        self.merge(amounts)

    def merge(self, amounts: Mapping[str, float]) -> None:
        """Add amounts."""
        for name, amount in amounts.items():
            self[name] = self.get(name, 0.0) + amount


@dataclass(slots=True)
class Use:
    """What a scenario has used; `per` divides it by how often it happened.

    Attributes:
        units: write units of tables and of indexes, read units.
        requests: billed requests by service.
        functions: by function, invocations, CPU and waiting seconds, bytes of log.
    """

    count: int = 0
    units: Counts = field(default_factory=Counts)
    requests: Counts = field(default_factory=Counts)
    calls: Counts = field(default_factory=Counts)
    bytes: Counts = field(default_factory=Counts)
    functions: dict[str, Counts] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return everything for one of what was counted."""

        def each(counter: Counts) -> dict[str, float]:
            return {name: round(amount / self.count, 8) for name, amount in sorted(counter.items())}

        parts = ("units", "requests", "calls", "bytes")
        functions = {name: each(counter) for name, counter in self.functions.items()}
        return {name: each(getattr(self, name)) for name in parts} | {"functions": functions}


class Scenarios:
    """Runs each scenario once."""

    def __init__(self, lab: Lab, *, quick: bool = False) -> None:
        self._lab = lab
        self._batches = 2 if quick else BATCHES
        self._pages = 5 if quick else None  # of the shard; None for all

    def run(self) -> dict[str, dict[str, Any]]:
        """Return what each scenario uses for one notification or registration."""
        lab = self._lab
        lab.stub.delay(CALL_S)
        try:
            new, renewed = self._registrations()
            found = {
                "direct, by event": self._direct(by_api=False),
                "direct, by API": self._direct(by_api=True),
                "broadcast to a million": self._broadcast(),
                "registration, new": new,
                "registration, renewed": renewed,
            }
        finally:
            lab.stub.delay(0)
            lab.world.populate(CHANNELS)
        return {name: use.as_json() for name, use in found.items()}

    def _invoke(self, use: Use, function: str, events: list[dict[str, Any]]) -> None:
        """Run a handler on events and add what it used; those of queues were polled as well."""
        process = self._lab.handler(function, slow=True)
        self._lab.stub.reset()
        spent = process.run(events)
        counts = self._lab.stub.counts()
        use.units.add(
            write=sum(counts["writes"].values()),
            read=sum(counts["reads"].values()) / 2,
        )
        use.units.merge({"index write": sum(counts["index_writes"].values())})
        use.requests.merge(counts["billed"])
        use.calls.merge(counts["calls"])
        use.bytes.add(
            sent=sum(counts["request_bytes"].values()),
            received=sum(counts["response_bytes"].values()),
        )
        use.functions.setdefault(function, Counts()).add(
            invocations=len(events),
            cpu_s=spent.cpu,
            wait_s=max(spent.wall - spent.cpu, 0),
            log_bytes=spent.log_bytes,
        )
        for event in events:
            if "Records" not in event:
                continue
            # Lambda's poller: a receive, billed by 64 KB, and a delete of the batch.
            size = sum(len(record["body"]) for record in event["Records"])
            use.requests.add(sqs=-(-size // _POLLED_BYTES) + 1)

    def _warm(self, function: str, event: dict[str, Any]) -> None:
        self._lab.handler(function, slow=True).run([event])

    def _send(self, use: Use, queue: str) -> int:
        """Let the sender empty a queue; return how many notifications it sent."""
        sent = 0
        while bodies := self._lab.stub.take(queue, BATCH):
            sent += sum(body.count('"channel_uri"') for body in bodies)
            self._invoke(use, "notification_sender", [sqs_event(queue, bodies)])
        return sent

    def _direct(self, *, by_api: bool) -> Use:
        lab, use = self._lab, Use()
        self._warm("dispatcher", lab.world.requests(1, 1))
        self._warm("notifications_api", lab.world.posted_request())
        self._warm("notification_sender", lab.world.deliveries("direct", 1, 1))
        lab.forget()
        for _ in range(self._batches):
            if by_api:
                posts = [lab.world.posted_request() for _ in range(BATCH)]
                self._invoke(use, "notifications_api", posts)
                use.requests.merge({"http api": BATCH})
                event = sqs_event("RequestQueue", lab.stub.take("RequestQueue", BATCH))
            else:
                event = lab.world.single_requests(BATCH)
                use.requests.add(events=BATCH)
                use.requests.add(sqs=BATCH)  # the rule's messages, one an event
            self._invoke(use, "dispatcher", [event])
            use.count += self._send(use, "DeliveryQueue")
        return use

    def _broadcast(self) -> Use:
        """Run some whole shards of a million channels, first page to last."""
        lab, use = self._lab, Use()
        lab.world.populate(POPULATION)
        self._warm("notification_sender", lab.world.deliveries("bulk", 1, 10))
        lab.forget()
        for page in lab.world.pages(_SHARDS)[:BROADCAST_SHARDS]:
            waiting, done = [page], 0
            while waiting and done != self._pages:
                done += 1
                self._invoke(use, "dispatcher", [sqs_event("BroadcastQueue", waiting)])
                waiting = lab.stub.take("BroadcastQueue")
                use.count += self._send(use, "BulkDeliveryQueue")
        lab.forget()
        return use

    def _registrations(self) -> tuple[Use, Use]:
        world, count = self._lab.world, BATCH * self._batches
        self._warm("channels_api", world.registration(world.new_players(1)[0]))
        uses = []
        for players in (world.new_players(count), world.renewing_players(count)):
            use = Use(count=count)
            self._invoke(use, "channels_api", [world.registration(each) for each in players])
            use.requests.merge({"http api": count})
            uses.append(use)
        return uses[0], uses[1]
