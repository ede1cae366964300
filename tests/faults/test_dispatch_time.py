"""The dispatcher's time: a full batch of the largest requests within its time-out."""

from __future__ import annotations

import io
import json
import socket
import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from push.aws import clients
from push.dispatch import request_messages
from tests.aws_limits.calls import install
from tests.aws_limits.wire import client_of
from tests.faults.crowd import make_crowd
from tests.integration.backend import Context, sqs_event
from tests.integration.builders import APP, records, request
from tools.template_yaml import functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

    from tests.integration.backend import Backend

CALL_S = 0.007
REQUESTS, PLAYERS = 10, 1000
TIMEOUT_S = functions()["DispatcherFunction"]["Timeout"]


class Body(io.BytesIO):
    """What urllib3 would have read from the network."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


class Slow:
    """Makes each of the dispatcher's calls take 7 ms more, and counts them.

    Queries for channels are answered here, over botocore's whole path: moto would spend more time
    on them than they take, and hold the interpreter meanwhile.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._items: dict[str, list[Any]] = {}

    def hold(self, items: list[dict[str, Any]]) -> None:
        """Set the channels that queries find."""
        serialize = TypeSerializer().serialize
        for item in items:
            stored = {name: serialize(value) for name, value in item.items()}
            self._items.setdefault(item["pk"], []).append(stored)

    def wait(self, **_: Any) -> None:
        self.calls += 1
        time.sleep(CALL_S)

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        asked = json.loads(cast("bytes", request.body))
        items = self._items.get(asked["ExpressionAttributeValues"][":pk"]["S"], [])
        body = json.dumps({"Items": items, "Count": len(items)}).encode()
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(body))


@pytest.fixture
def slow(game: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    module, slow, real = game.handler("dispatcher"), Slow(), BotocoreStubber.__call__

    def respond(stubber: BotocoreStubber, event_name: str, request: Any, **more: Any) -> Any:
        if event_name == "before-send.dynamodb.Query":
            return slow.answer(request)
        return real(stubber, event_name, request, **more)

    monkeypatch.setattr(BotocoreStubber, "__call__", respond)
    clients = [client_of(module.impatient), module.sqs]
    for client in clients:
        client.meta.events.register("before-call", slow.wait, unique_id="slow")
    yield slow
    for client in clients:
        client.meta.events.unregister("before-call", unique_id="slow")


@pytest.mark.parametrize(
    ("count", "size"), [(2, 200), pytest.param(REQUESTS, PLAYERS, marks=pytest.mark.slow_fault)]
)
def test_batch_of_the_largest_requests_is_dispatched_in_time(
    game: Backend,
    found: Callable[[str], None],
    slow: Slow,
    count: int,
    size: int,
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), count * size, devices_per_player=1)
    slow.hold(game.channels())
    for number in range(count):
        players = crowd.players[number * size :][:size]
        audience = {"audience": {"players": players}}
        game.send_request(crowd.request(request_id=f"r-{number}") | audience)
    messages = game.messages("RequestQueue")
    started = time.monotonic()
    response = game.invoke("dispatcher", sqs_event(messages, "RequestQueue"), seconds=TIMEOUT_S)
    took_s = time.monotonic() - started
    found(f"{count} requests to {size} players: {slow.calls} calls, {took_s:.1f} s")
    assert response == {"batchItemFailures": []}
    assert slow.calls >= count * size
    assert took_s < slow.calls * CALL_S / 2  # one after the other would be more than this
    assert took_s < TIMEOUT_S * 2 / 3
    sent = [json.loads(message["Body"]) for message in game.messages("DeliveryQueue")]
    assert sum(len(delivery["channels"]) for delivery in sent) == count * size
    assert len(records(game)) == count


def test_messages_for_which_no_time_is_left_stay_on_their_queue(game: Backend) -> None:
    make_crowd(game.wns, game.table("ChannelsTable"), 1)
    for number in range(2):
        game.send_request(request("p0", request_id=f"r-{number}"))
    messages = game.messages("RequestQueue")
    module = game.handler("dispatcher")
    context = Context(module.RESERVE_MS / 1000 + 0.5)
    dispatch = type(module.dispatcher).dispatch

    def take_a_second(dispatcher: Any, *given: Any) -> Any:
        time.sleep(1)
        return dispatch(dispatcher, *given)

    with pytest.MonkeyPatch.context() as slow:
        slow.setattr(type(module.dispatcher), "dispatch", take_a_second)
        slow.setattr(
            request_messages, "PLAYERS_AT_ONCE", 1
        )  # so that they are not dispatched together
        response = module.lambda_handler(sqs_event(messages, "RequestQueue"), context)
    assert response == {"batchItemFailures": [{"itemIdentifier": messages[1]["MessageId"]}]}
    game.handle("RequestQueue", messages[1:])
    game.work()
    assert len(game.wns.device("p0").toasts) == 2


def test_query_that_fails_fails_the_request_and_a_retry_sends_it(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 60, devices_per_player=1)
    game.send_request(crowd.request())
    messages = game.messages("RequestQueue")
    module = game.handler("dispatcher")
    wire = type(module.dynamodb.wire)
    call = wire.call

    def fail_for_one(self: Any, operation: str, given: dict[str, Any]) -> Any:
        values = given.get("ExpressionAttributeValues", {})
        if operation == "Query" and values[":pk"] == {"S": f"{APP}#p30"}:
            raise ConnectionError("DynamoDB does not answer")
        return call(self, operation, given)

    with monkeypatch.context() as failing:
        failing.setattr(wire, "call", fail_for_one)
        assert len(game.handle("RequestQueue", messages)["batchItemFailures"]) == 1
    assert records(game) == []
    game.handle("RequestQueue", messages)
    game.work()
    assert {len(game.wns.device(f"p{number}").toasts) for number in range(60)} == {1}


@pytest.mark.slow_fault
def test_call_that_hangs_ends_before_the_time_kept_for_a_message_does(
    game: Backend, found: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = game.handler("dispatcher")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        install(None)  # no moto
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        table = clients.dynamodb(module.impatient).table("T")
        started = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            table.get_item(Key={"pk": "x"})
    took_s = time.monotonic() - started
    found(f"a call that hangs ended after {took_s:.1f} s")
    assert took_s * 1000 < module.RESERVE_MS
