from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.wns.sends import notification, send, send_one
from tests.unit.wns.tls_server import RECEIVED, Connection, Request, TlsServer
from wns.client import Send, WnsClient
from wns.notification import ToastRemoval
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.wns.tls_server import Authority
    from wns.result import SendResult

pytestmark = pytest.mark.enable_socket


def poll_until_any(client: WnsClient) -> list[SendResult]:
    """Return the first results to arrive."""
    give_up_at = time.monotonic() + 4
    while time.monotonic() < give_up_at:
        if results := client.poll(0.5):
            return results
    raise AssertionError("no result in time")


def drain(client: WnsClient) -> Iterator[SendResult]:
    """Yield the results of everything in flight."""
    while client.in_flight:
        yield from poll_until_any(client)


@pytest.fixture
def client(authority: Authority) -> Iterator[WnsClient]:
    with WnsClient(ca_file=authority.ca_file, concurrency=8, total_timeout=5.0) as client:
        yield client


def test_request_is_exactly_what_wns_documents(client: WnsClient, server: TlsServer) -> None:
    query = "token=AwYAAAB%2b%2fa%3d%3d~!$&'()*+,;:@/?.."
    text = "Grüße"
    result = send_one(
        client,
        Send(
            f"https://db5.notify.windows.com/?{query}",
            "EgAd+/==",
            notification(text, **{"X-WNS-TTL": "60", "X-WNS-Tag": "rival"}),
        ),
    )

    assert result.outcome is Outcome.DELIVERED
    (request,) = server.requests
    assert request.line == f"POST /?{query} HTTP/1.1"
    body = text.encode()
    assert request.body == body
    assert request.headers == {
        "Host": "db5.notify.windows.com",
        "Authorization": "Bearer EgAd+/==",
        "Content-Type": "text/xml",
        "Content-Length": str(len(body)),
        "X-WNS-Type": "wns/toast",
        "X-WNS-TTL": "60",
        "X-WNS-Tag": "rival",
    }


def test_large_body_is_sent_without_asking_first(client: WnsClient, server: TlsServer) -> None:
    large = notification("x" * 1_500_000)
    result = send_one(client, Send(send().channel_uri, "token", large))

    assert result.outcome is Outcome.DELIVERED
    assert "Expect" not in server.requests[0].headers
    assert len(server.requests[0].body) == 1_500_000


def test_http_1_1_is_spoken_even_if_the_server_offers_more(
    client: WnsClient, server: TlsServer, authority: Authority
) -> None:
    server.context = authority.context("*.notify.windows.com")
    server.context.set_alpn_protocols(["h2", "http/1.1"])

    assert send_one(client, send()).outcome is Outcome.DELIVERED
    assert server.requests[0].line.endswith(" HTTP/1.1")


def test_path_is_sent_without_being_tidied_up(client: WnsClient, server: TlsServer) -> None:
    result = send_one(client, send("https://DB5.notify.windows.com:443//w/.x/..y//?a=/../b"))

    assert result.outcome is Outcome.DELIVERED
    assert server.requests[0].line == "POST //w/.x/..y//?a=/../b HTTP/1.1"
    assert server.connects[0].line == "CONNECT DB5.notify.windows.com:443 HTTP/1.1"


def test_removal_is_a_delete_and_the_next_send_a_post_again(
    client: WnsClient, server: TlsServer
) -> None:
    client_sends = [
        send(),
        Send(send().channel_uri, "token", ToastRemoval.of(tag="rival")),
        send(),
    ]
    outcomes = [send_one(client, each).outcome for each in client_sends]

    assert outcomes == [Outcome.DELIVERED] * 3
    post, delete, post_again = server.requests
    assert delete.line == "DELETE /?token=1 HTTP/1.1"
    assert delete.headers == {
        "Host": "db5.notify.windows.com",
        "Authorization": "Bearer token",
        "Content-Length": "0",
        "X-WNS-Match": "type:wns/toast;tag=rival",
    }
    assert (post_again.line, post_again.headers) == (post.line, post.headers)


def test_every_send_comes_back_once_with_its_own_reference(
    client: WnsClient, server: TlsServer
) -> None:
    references = [object() for _ in range(100)]

    results = list(client.send_all(send(reference=each) for each in references))

    assert {result.outcome for result in results} == {Outcome.DELIVERED}
    assert sorted(id(result.reference) for result in results) == sorted(map(id, references))
    assert len(server.requests) == 100


def test_nothing_to_send_yields_nothing(client: WnsClient, server: TlsServer) -> None:
    assert list(client.send_all([])) == []


def test_as_many_as_allowed_are_under_way_and_never_more(
    client: WnsClient, server: TlsServer
) -> None:
    full = threading.Barrier(8)

    def answer_when_full(connection: Connection, request: Request) -> None:
        full.wait(timeout=4)
        connection.send(RECEIVED)

    server.behaviour = answer_when_full
    results = list(client.send_all(send() for _ in range(24)))

    assert [result.outcome for result in results] == [Outcome.DELIVERED] * 24
    assert server.most_open_requests == 8


def test_connections_are_used_again_within_a_call_and_by_the_next_one(
    client: WnsClient, server: TlsServer
) -> None:
    list(client.send_all(send() for _ in range(40)))
    after_first = len(server.connects)
    list(client.send_all(send() for _ in range(40)))

    assert after_first <= 8
    assert len(server.connects) <= 8
    assert len(server.requests) == 80


def test_a_host_does_not_push_another_ones_connections_out(
    client: WnsClient, server: TlsServer
) -> None:
    hosts = [f"https://{name}.notify.windows.com/?t" for name in ("am3p", "db5", "hk2")]
    for _ in range(3):
        for host in hosts:
            list(client.send_all(send(host) for _ in range(8)))

    assert len(server.connects) <= 24


def test_results_come_as_they_complete(client: WnsClient, server: TlsServer) -> None:
    others_are_done = threading.Event()

    def hold_the_first(connection: Connection, request: Request) -> None:
        if request.line.startswith("POST /?token=slow "):
            assert others_are_done.wait(timeout=4)
        connection.send(RECEIVED)

    server.behaviour = hold_the_first
    slow = "https://db5.notify.windows.com/?token=slow"
    results = client.send_all([send(slow, reference="slow"), *(send() for _ in range(5))])
    first_five = list(itertools.islice(results, 5))
    others_are_done.set()

    assert [result.reference for result in first_five] == [None] * 5
    assert [result.reference for result in results] == ["slow"]


def test_sends_are_read_only_as_fast_as_they_go_out(client: WnsClient, server: TlsServer) -> None:
    read = 0

    def endless() -> Iterator[Send]:
        nonlocal read
        for read in itertools.count(1):  # noqa: B007
            yield send()

    results = client.send_all(endless())
    furthest = 0
    for received in range(1, 201):
        next(results)
        furthest = max(furthest, read - received)
    results.close()

    assert furthest <= 3 * 8


def test_poll_returns_what_has_arrived_while_the_rest_stays_in_flight(
    client: WnsClient, server: TlsServer
) -> None:
    release = threading.Event()

    def hold_the_slow_one(connection: Connection, request: Request) -> None:
        if request.line.startswith("POST /?token=slow "):
            assert release.wait(timeout=4)
        connection.send(RECEIVED)

    server.behaviour = hold_the_slow_one
    client.submit(send("https://db5.notify.windows.com/?token=slow", reference="slow"))
    client.submit(send(reference="quick"))
    assert (client.in_flight, client.free) == (2, 6)

    assert [result.reference for result in poll_until_any(client)] == ["quick"]
    assert (client.in_flight, client.free) == (1, 7)
    release.set()
    assert [result.reference for result in poll_until_any(client)] == ["slow"]
    assert (client.in_flight, client.free) == (0, 8)


def test_poll_waits_no_longer_than_it_may(client: WnsClient, server: TlsServer) -> None:
    def stay_silent(connection: Connection, request: Request) -> None:
        server.closing.wait(4)

    server.behaviour = stay_silent
    client.submit(send())

    began = time.monotonic()
    assert client.poll(0.1) == []
    assert client.poll() == []

    assert time.monotonic() - began < 2
    assert client.in_flight == 1
    client.cancel()


def test_poll_without_a_send_in_flight_returns_at_once(client: WnsClient) -> None:
    began = time.monotonic()

    assert client.poll(5.0) == []
    assert time.monotonic() - began < 1


def test_submit_refuses_more_than_may_be_in_flight(client: WnsClient, server: TlsServer) -> None:
    for _ in range(client.free):
        client.submit(send())

    with pytest.raises(RuntimeError, match=r"call poll\(\) first"):
        client.submit(send())
    assert len(list(drain(client))) == 8


def test_send_that_cannot_be_sent_is_a_result_of_the_next_poll(
    client: WnsClient, server: TlsServer
) -> None:
    client.submit(send("https://example.com/?x", reference="foreign"))
    assert (client.in_flight, client.free) == (1, 7)

    (result,) = client.poll()

    assert (result.reference, result.outcome) == ("foreign", Outcome.REFUSED)
    assert server.connects == []


def test_cancelled_sends_have_no_result(client: WnsClient, server: TlsServer) -> None:
    client.submit(send())
    client.submit(send("https://example.com/?x"))

    client.cancel()

    assert (client.in_flight, client.poll()) == (0, [])
    assert send_one(client, send()).outcome is Outcome.DELIVERED


def test_endless_refused_sends_do_not_hold_up_those_under_way(
    client: WnsClient, server: TlsServer
) -> None:
    def mostly_bad() -> Iterator[Send]:
        yield send(reference="good")
        while True:
            yield send("https://example.com/?x")

    results = client.send_all(mostly_bad())

    give_up_at = time.monotonic() + 4
    assert any(result.reference == "good" for result in results if time.monotonic() < give_up_at)


def test_what_cannot_be_sent_is_a_result_between_the_others(
    client: WnsClient, server: TlsServer
) -> None:
    results = client.send_all(
        [
            send(reference="first"),
            send("https://notify.windows.com.example.com/?t", reference="foreign"),
            send(headers={"X-WNS-Tag": "a\r\nHost: example.com"}, reference="injected"),
            send(reference="last"),
        ]
    )

    assert {result.reference: result.outcome for result in results} == {
        "first": Outcome.DELIVERED,
        "foreign": Outcome.REFUSED,
        "injected": Outcome.REJECTED,
        "last": Outcome.DELIVERED,
    }
    assert len(server.requests) == 2


def test_exception_of_the_source_comes_out_after_all_results(
    client: WnsClient, server: TlsServer
) -> None:
    def failing() -> Iterator[Send]:
        yield send(reference=1)
        yield send(reference=2)
        raise LookupError("the source broke")

    results = client.send_all(failing())

    assert {next(results).reference, next(results).reference} == {1, 2}
    with pytest.raises(LookupError, match="the source broke"):
        next(results)
    assert send_one(client, send()).outcome is Outcome.DELIVERED


def test_client_is_usable_after_its_results_were_abandoned(
    client: WnsClient, server: TlsServer
) -> None:
    def answer_the_quick(connection: Connection, request: Request) -> None:
        if "quick" in request.line:
            connection.send(RECEIVED)
        else:
            server.closing.wait(4)

    server.behaviour = answer_the_quick
    quick = "https://db5.notify.windows.com/?quick"
    abandoned = client.send_all([send(quick), *(send() for _ in range(7))])
    next(abandoned)
    abandoned.close()

    results = list(client.send_all(send(quick) for _ in range(20)))

    assert [result.outcome for result in results] == [Outcome.DELIVERED] * 20


def test_send_all_waits_for_nobody_elses_results(client: WnsClient, server: TlsServer) -> None:
    client.submit(send(reference="own"))

    with pytest.raises(RuntimeError, match="in flight"):
        next(client.send_all([send()]))
    assert [result.reference for result in drain(client)] == ["own"]


def test_closed_client_says_so(authority: Authority, server: TlsServer) -> None:
    with WnsClient(ca_file=authority.ca_file) as client:
        results = client.send_all(itertools.repeat(send()))
        next(results)

    with pytest.raises(RuntimeError, match="closed"):
        list(results)
    with pytest.raises(RuntimeError, match="closed"):
        next(client.send_all([send()]))
    with pytest.raises(RuntimeError, match="closed"):
        client.poll()


def test_concurrency_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        WnsClient(concurrency=0)


def test_certifi_is_trusted_unless_told_otherwise(server: TlsServer) -> None:
    with WnsClient() as client:
        result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert "certificate" in str(result.transport_error)
    assert server.requests == []


def test_connections_idle_for_too_long_are_left_alone(
    authority: Authority, server: TlsServer
) -> None:
    now = 1_000_000.0
    with WnsClient(ca_file=authority.ca_file, max_idle_seconds=60, clock=lambda: now) as client:
        send_one(client, send())
        now += 60
        send_one(client, send())
        assert len(server.connects) == 1
        now += 61
        result = send_one(client, send())

    assert result.outcome is Outcome.DELIVERED
    assert len(server.connects) == 2
