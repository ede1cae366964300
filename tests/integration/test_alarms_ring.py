"""Every alarm rings for the fault that it is for, and is quiet before it.

The faults are fed to the handlers; what an alarm watches is read from what they log, or counted as
AWS counts it (`tests/integration/alarms.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.alarms import Watch, alarms, emitted, metrics_of, text
from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import (
    APP,
    game_fixture,
    open_channel,
    point_channel_at,
    post_request,
    request,
)
from tests.integration.logs import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.backend import Backend

ALWAYS_COUNTED = {"OldestDirectDelivery", "OldestBulkDelivery", "AppRefusals"}
"""What alarms watch and has a value also while all is well; everything else has no data then."""
A_DAY = {"options": {"ttl_seconds": 86_400}}
CHANNEL_THROTTLED = {
    "code": 429,
    "headers": {"X-WNS-Status": "channelthrottled", "Retry-After": "3600"},
}
EVERYONE = {"audience": {"everyone": True}, "allow_repeat": True} | A_DAY
pytestmark = [pytest.mark.usefixtures("few_shards", "no_pauses")]
game = game_fixture(devices={"pc": "player-1"}, send_rate=10_000)


@dataclass
class Scene:
    """The backend, and the alarm that watches it."""

    game: Backend
    watch: Watch
    monkeypatch: pytest.MonkeyPatch

    def send(self, **more: Any) -> None:
        self.game.send_request(request("player-1", **(A_DAY | more)))
        self.game.work()

    def fail_aws(self, function: str, **which: Any) -> None:
        self.game.handler(function)
        self.game.limits.refused_calls("InternalServerError", 500, function=function, **which)

    def lose_token(self) -> None:
        name = f"windows-push-test/apps/{APP}/access-token"
        self.game.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    def receive_until_dead(self, seconds: int) -> None:
        for _ in range(6):
            self.game.work()
            self.game.advance(seconds)
        self.game.refresh()  # it counts dead letters, too


def fail_requests(scene: Scene) -> None:
    scene.fail_aws("dispatcher", resource="AppsTable")
    scene.send()
    scene.receive_until_dead(361)


def fail_pages(scene: Scene) -> None:
    scene.game.send_request(request(**EVERYONE))
    scene.game.handle("RequestQueue")
    scene.fail_aws("dispatcher", resource="AppsTable")
    scene.receive_until_dead(361)


def fail_direct(scene: Scene) -> None:
    scene.fail_aws("notification_sender", resource="NotificationsTable")
    scene.send()
    scene.receive_until_dead(361)


def fail_bulk(scene: Scene) -> None:
    scene.fail_aws("notification_sender", resource="NotificationsTable")
    scene.send(**EVERYONE)
    scene.receive_until_dead(361)


def refuse(scene: Scene) -> None:
    scene.game.send_request("not JSON")
    scene.game.work()


def refuse_delivery(scene: Scene) -> None:
    scene.game.put("DeliveryQueue", {"not": "a delivery"})
    scene.game.work()


def wait_without_token(scene: Scene) -> None:
    scene.lose_token()
    scene.send()
    scene.game.advance(305)
    scene.game.work()


def wait_for_wns(scene: Scene) -> None:
    scene.game.wns.fail_share(1.0, code=503)
    scene.send()
    for _ in range(4):
        scene.game.advance(305)
        scene.game.work()


def wait_in_bulk(scene: Scene) -> None:
    scene.lose_token()
    scene.send(**EVERYONE)
    scene.game.advance(7201)
    scene.game.work()


def miss_the_token(scene: Scene) -> None:
    scene.lose_token()
    for _ in range(3):
        scene.send()
        scene.watch.end_period()


def have_the_token_rejected(scene: Scene) -> None:
    open_channel(scene.game, "player-2", "laptop")
    scene.game.wns.fail_share(1.0, code=401)
    for _ in range(3):
        scene.game.send_request(request("player-1", "player-2", **A_DAY))
        scene.game.work()
        scene.watch.end_period()


def stop_refreshing(scene: Scene) -> None:
    for _ in range(2):
        scene.watch.end_period()


def refresh_in_vain(scene: Scene) -> None:
    scene.game.wns.put_app(package_sid=PACKAGE_SID, client_secret="another")
    scene.game.advance(13 * 3600)
    for _ in range(2):
        scene.game.refresh()
        scene.watch.end_period()


def nearly_expire(scene: Scene) -> None:
    """Nothing fails; another invocation seems to refresh the token, each time."""
    scene.game.advance(22.5 * 3600)
    scene.monkeypatch.setattr("push.apps.table.Apps.lease", lambda *_, **__: False)
    for _ in range(2):
        scene.game.refresh()
        scene.watch.end_period()


def dead_letter_a_refresh(scene: Scene) -> None:
    scene.game.put("RefreshDlq", {"refresh": "due"})
    scene.game.refresh()


def respond(**response: Any) -> Callable[[Scene], None]:
    def fault(scene: Scene) -> None:
        scene.game.wns.fail_next(1, **response)
        scene.send()

    return fault


def point_elsewhere(scene: Scene) -> None:
    point_channel_at(scene.game, "player-1", "pc", "https://attacker.example/?token=x")
    scene.send()


def fail_calls_of(function: str) -> Callable[[Scene], None]:
    def fault(scene: Scene) -> None:
        scene.fail_aws(function, service="dynamodb")
        for _ in range(2):
            for _ in range(11):
                scene.game.send_request(request("player-1", **A_DAY))
            scene.game.work()
            scene.watch.end_period()

    return fault


def fail_the_api(scene: Scene) -> None:
    scene.fail_aws("notifications_api", service="dynamodb")
    for _ in range(2):
        for _ in range(6):
            status, _ = post_request(scene.game, request("player-1"))
            assert status == 503
            scene.watch.count("AWS/ApiGateway", "5xx", ApiId="HttpApi")
        scene.watch.end_period()


def fail_batches(scene: Scene) -> None:
    sender = scene.game.handler("notification_sender")

    def fail(*_: object, **__: object) -> None:
        raise LookupError("a defect")

    scene.monkeypatch.setattr(type(sender.records), "close", fail)
    for _ in range(2):
        scene.send()
        scene.watch.end_period()


def fail_invocations(scene: Scene) -> None:
    """As Lambda logs a time-out or an error that the handler raises, of the refresher: twice, a
    quarter of an hour apart."""
    scene.fail_aws("token_refresher", resource="AppsTable")
    for number in range(2):
        if number:
            scene.watch.end_period()
            scene.watch.end_period()
        with pytest.raises(Exception, match="DynamoDB"):
            scene.game.refresh()
        scene.watch.log({"type": "platform.runtimeDone", "record": {"status": "error"}})
        scene.watch.log({"type": "platform.report", "record": {"status": "error"}})
        scene.watch.end_period()


def fail_messages(scene: Scene) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("a defect")

    dispatcher = scene.game.handler("dispatcher")
    scene.monkeypatch.setattr(type(dispatcher.broadcaster), "process_page", fail)
    for _ in range(2):
        scene.send(**EVERYONE)
        scene.watch.end_period()


def spoil_an_app(scene: Scene) -> None:
    scene.game.table("AppsTable").update_item(
        Key={"pk": APP},
        UpdateExpression="SET app = :app",
        ExpressionAttributeValues={":app": json.dumps({"name": 1})},
    )
    scene.game.refresh()


FAULTS: dict[str, tuple[str, Callable[[Scene], None]]] = {
    "requests fail": ("DeadLetters", fail_requests),
    "pages fail": ("DeadLetters", fail_pages),
    "direct deliveries fail": ("DeadLetters", fail_direct),
    "bulk deliveries fail": ("DeadLetters", fail_bulk),
    "a refresh fails for good": ("DeadLetters", dead_letter_a_refresh),
    "a request is refused": ("DataRefused", refuse),
    "a delivery is refused": ("DataRefused", refuse_delivery),
    "a direct delivery waits for a token": ("DirectDeliveriesWaiting", wait_without_token),
    "a direct delivery waits for WNS": ("DirectDeliveriesWaiting", wait_for_wns),
    "a broadcast waits": ("BulkDeliveriesWaiting", wait_in_bulk),
    "no token": ("AccessTokensUnusable", miss_the_token),
    "token rejected": ("AccessTokensUnusable", have_the_token_rejected),
    "no refresh": ("RefresherSilent", stop_refreshing),
    "refresh fails": ("TokenRefreshFailed", refresh_in_vain),
    "token near expiry": ("TokenRefreshFailed", nearly_expire),
    "403": ("AppsRefused", respond(code=403)),
    "400": ("DataRefused", respond(code=400)),
    "foreign host": ("DataRefused", point_elsewhere),
    "blocked": ("AppsRefused", respond(code=410, reason="Domain Blocked")),
    "sender cannot use DynamoDB": ("AwsFailures", fail_calls_of("notification_sender")),
    "dispatcher cannot use DynamoDB": ("AwsFailures", fail_calls_of("dispatcher")),
    "API cannot use DynamoDB": ("ApiFailing", fail_the_api),
    "batches fail": ("FunctionsFailing", fail_batches),
    "messages fail": ("FunctionsFailing", fail_messages),
    "invocations fail": ("FunctionsFailing", fail_invocations),
    "unreadable item": ("DataRefused", spoil_an_app),
}


@pytest.fixture
def log(game: Backend) -> Iterator[Log]:
    with Log.of(game, "dispatcher", "notification_sender", "token_refresher") as lines:
        yield lines


@pytest.mark.parametrize("fault", FAULTS)
def test_alarm_rings_for_its_fault_and_not_before(
    game: Backend,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    log: Log,
    fault: str,
) -> None:
    alarm, feed = FAULTS[fault]
    watch = Watch(game, capfd, alarm, log)
    scene = Scene(game, watch, monkeypatch)
    for _ in range(2):
        game.refresh()
        watch.count("AWS/Lambda", "Invocations", FunctionName="TokenRefresherFunction")
        scene.send()
        watch.end_period()
    assert not watch.rings

    periods = watch.periods
    feed(scene)
    if watch.periods == periods:
        watch.end_period()

    assert watch.rings


def test_every_alarm_that_can_ring_here_has_a_fault() -> None:
    assert {alarm for alarm, _ in FAULTS.values()} == alarms().keys()


def test_single_forbidden_notification_among_many_raises_no_alarm(
    game: Backend, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(game, capfd, "AppsRefused")
    scene = Scene(game, watch, monkeypatch)
    respond(code=403)(scene)
    for _ in range(18):
        scene.send()
    watch.end_period()
    assert not watch.rings

    respond(code=403)(scene)
    for _ in range(16):
        scene.send()
    watch.end_period()
    assert watch.rings  # 1 of 17 is more than 5 %


def test_what_alarms_watch_is_not_counted_while_all_is_well(
    game: Backend, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(game, Watch(game, capfd, "AwsFailures"), monkeypatch)
    game.refresh()
    scene.send()
    scene.send(**EVERYONE)
    counted = {key for key, _ in emitted(capfd.readouterr().out)}
    watched = {
        (text(metric["Namespace"]), metric["MetricName"], dimensions)
        for alarm in alarms().values()
        for metric in metrics_of(alarm)
        for dimensions in [
            frozenset((each["Name"], text(each["Value"])) for each in metric.get("Dimensions", ()))
        ]
        if not text(metric["Namespace"]).startswith("AWS/")
    }
    assert {name for _, name, _ in watched & counted} == ALWAYS_COUNTED


def test_stack_that_sends_nothing_pays_for_no_metric(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    game.refresh()
    assert emitted(capfd.readouterr().out) == []


def test_delivery_that_waited_for_a_throttled_channel_raises_no_alarm_when_it_is_sent(
    game: Backend, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(game, capfd, "DirectDeliveriesWaiting")
    game.wns.fail_next(1, **CHANNEL_THROTTLED)
    Scene(game, watch, monkeypatch).send()
    game.advance(3661)
    game.work()
    watch.end_period()
    assert not watch.rings


def test_channel_that_wns_throttles_for_hours_raises_no_alarm(
    game: Backend, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(game, capfd, "DirectDeliveriesWaiting")
    for _ in range(3):
        game.wns.fail_next(1, **CHANNEL_THROTTLED)
        Scene(game, watch, monkeypatch).send()
        game.advance(3600)
        watch.end_period()
    assert not watch.rings
