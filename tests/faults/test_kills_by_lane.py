"""Senders of either lane that are killed at any moment: few in doubt, resent or left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.crowd import arrivals, make_crowd
from tests.faults.test_kills import kill_senders, send_the_rest
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.cloud import Cloud
    from tests.faults.crowd import Crowd

QUEUES = {"direct": "DeliveryQueue", "bulk": "BulkDeliveryQueue"}
MOST_IN_DOUBT = {"direct": 16, "bulk": 64}


def queue_deliveries(cloud: Cloud, crowd: Crowd, lane: str, **more: Any) -> None:
    """Dispatch requests for a toast to everybody."""
    if lane == "bulk":
        cloud.send_request(crowd.request(audience={"everyone": True}, **more))
    else:
        for start in range(0, len(crowd.players), 1000):
            players = crowd.players[start : start + 1000]
            audience = {"players": players}
            cloud.send_request(crowd.request(audience=audience, request_id=f"r{start}", **more))
    for queue in ("RequestQueue", "BroadcastQueue"):
        while cloud._work_on(queue):
            pass


@pytest.mark.usefixtures("few_shards")
@pytest.mark.parametrize(
    ("lane", "on_doubt", "scale"),
    [
        ("bulk", "resend", (400, 2)),
        ("direct", "leave", (100, 2)),
        pytest.param("bulk", "resend", (5000, 30), marks=pytest.mark.slow_fault),
        pytest.param("bulk", "leave", (2000, 15), marks=pytest.mark.slow_fault),
        pytest.param("direct", "leave", (1000, 15), marks=pytest.mark.slow_fault),
    ],
)
def test_killed_senders_leave_no_more_in_doubt_than_the_window(
    cloud: Cloud, found: Callable[[str], None], lane: str, on_doubt: str, scale: tuple[int, int]
) -> None:
    """`scale`: notifications, and kills."""
    size, kills = scale
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), size, devices_per_player=1)
    queue_deliveries(cloud, crowd, lane, options={"on_doubt": on_doubt})
    cloud.wns.fail_share(1.0, delay=0.02)
    in_doubt, most = kill_senders(cloud, QUEUES[lane], kills, seed=size)
    send_the_rest(cloud, QUEUES[lane])
    notified, counts = arrivals(cloud.wns), Counter(outcomes(cloud).values())
    repeated = notified - Counter(dict.fromkeys(notified, 1))
    found(
        f"{lane}, {on_doubt}: {size} notifications, {kills} kills, {in_doubt.total()} in doubt"
        f" ({most} at most), {repeated.total()} notified again, outcomes {dict(counts)}"
    )
    assert most <= MOST_IN_DOUBT[lane]
    assert counts.total() == size
    if on_doubt == "leave":
        assert repeated == {}
        assert counts["delivered"] + counts["unknown"] == size
        assert in_doubt.keys() <= {
            name.split("#")[1] for name, each in outcomes(cloud).items() if each == "unknown"
        }
        assert counts["unknown"] <= kills * MOST_IN_DOUBT[lane]
    else:
        assert notified.keys() == crowd.once_each.keys()
        assert all(count <= in_doubt[device] for device, count in repeated.items())
        assert counts == {"delivered": size}
