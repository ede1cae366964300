"""Plain deliveries, recognised without being read, and requests that share their lines."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wns.sends import notification, send, send_one
from wns._transport.response import parse_response, read_plain_delivery
from wns.client import Send, WnsClient
from wns.notification import ToastRemoval
from wns.response import parse_result, plain_result
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.wns.tls_server import Authority, TlsServer

pytestmark = pytest.mark.enable_socket

DELIVERED = [
    b"HTTP/1.1 200 OK\r\n",
    b"Content-Length: 0\r\n",
    b"X-WNS-STATUS: received\r\n",
    b"X-WNS-NOTIFICATIONSTATUS: received\r\n",
    b"X-WNS-DEVICECONNECTIONSTATUS: connected\r\n",
    b"X-WNS-MSG-ID: 7D3DF9C3B1F7E2A1\r\n",
    b"X-WNS-DEBUG-TRACE: BN3SCH020010723\r\n",
    b"MS-CV: 1Gm7lQ.0\r\n",
    b"\r\n",
]


@pytest.fixture
def client(authority: Authority) -> Iterator[WnsClient]:
    with WnsClient(ca_file=authority.ca_file, concurrency=1, total_timeout=5.0) as client:
        yield client


def read_in_full(lines: list[bytes], reference: object = None) -> SendResult | None:
    response = parse_response(lines)
    if response is None:
        return None
    return parse_result(
        response.status_code,
        response.headers,
        now=0.0,
        reason=response.reason,
        reference=reference,
    )


def test_plain_delivery_is_recognised() -> None:
    plain = read_plain_delivery(DELIVERED)
    assert plain is not None
    assert plain.head == b"".join(DELIVERED)


@pytest.mark.parametrize(
    "other",
    [
        b"X-WNS-NotificationStatus: dropped\r\n",
        b"x-wns-status: DROPPED\r\n",
        b"X-WNS-Status : channelthrottled\r\n",
        b" X-WNS-Status: channelthrottled\r\n",
        b"X-WNS-Status: received, dropped\r\n",
        b"X-WNS-Status:dropped\r\n",
    ],
)
@pytest.mark.parametrize("place", [1, len(DELIVERED) - 1])
def test_second_status_of_any_spelling_is_left_to_the_parser(other: bytes, place: int) -> None:
    assert read_plain_delivery([*DELIVERED[:place], other, *DELIVERED[place:]]) is None


LINES = st.sampled_from(
    [
        *DELIVERED,
        b"HTTP/1.1 100 Continue\r\n",
        b"HTTP/1.1 200 Fine\n",
        b"HTTP/1.1 410 Gone\r\n",
        b"x-wns-status: received\r\n",
        b"x-wns-status:received\r\n",
        b"X-WNS-Status: dropped\r\n",
        b"X-WNS-NotificationStatus: Received\r\n",
        b"X-WNS-Msg-ID: 1\r\n",
        b"x-wns-msg-id:\r\n",
        b"X-WNS-Error-Description : none\r\n",
        b"Retry-After: 5\r\n",
        b"\n",
    ]
)


@given(st.lists(LINES, max_size=8), st.booleans())
def test_what_is_recognised_is_what_the_parser_would_have_read(
    lines: list[bytes], is_whole: bool
) -> None:
    lines = [DELIVERED[0], *lines, b"\r\n"] if is_whole else lines
    plain = read_plain_delivery(lines)
    if plain is not None:
        result = read_in_full(lines)
        assert result is not None
        assert (result.outcome, result.status_code) == (Outcome.DELIVERED, 200)
        assert plain_result(plain, now=0.0) == result


@pytest.mark.parametrize(
    "line",
    [
        b"X-WNS-Msg-ID: 1\r\n",
        b"X-WNS-Msg-ID:\r\n",
        b"X-WNS-Msg-ID :1\r\n",
        b" X-WNS-Msg-ID: 1\r\n",
        b"X-WNS-Msg-ID: caf\xe9\x01\r\n",
        b"X-WNS-Msg-ID: " + b"1" * 501 + b"\r\n",
        b"X-WNS-Error-Description: none\r\n",
        b"X-WNS-Continue-After: 3\r\n",
    ],
)
@pytest.mark.parametrize("repeated", [False, True])
def test_details_of_any_spelling_are_what_the_parser_would_have_read(
    line: bytes, repeated: bool
) -> None:
    more = [line, b"X-WNS-Msg-ID: 2\r\n"] if repeated else [line]
    lines = [*DELIVERED[:3], *more, b"\r\n"]
    plain = read_plain_delivery(lines)
    if plain is not None:
        assert plain_result(plain, now=0.0) == read_in_full(lines)


def test_details_are_what_the_parser_reads(client: WnsClient, server: TlsServer) -> None:
    server.behaviour = lambda connection, _: connection.send(b"".join(DELIVERED))
    reference = "canary"

    result = send_one(client, send(reference=reference))

    expected = read_in_full(DELIVERED, reference)
    assert expected is not None
    assert result == expected
    assert repr(result) == repr(expected)
    assert "canary" not in repr(result)


def test_unread_result_can_be_copied_changed_and_hashed(
    client: WnsClient, server: TlsServer
) -> None:
    results = [send_one(client, send(reference=1)) for _ in range(4)]

    assert copy.copy(results[0]) == results[0]
    assert pickle.loads(pickle.dumps(results[1])) == results[1]  # noqa: S301
    changed = dataclasses.replace(results[2], outcome=Outcome.EXPIRED)
    assert (changed.outcome, changed.msg_id) == (Outcome.EXPIRED, results[2].msg_id)
    assert hash(results[3]) == hash(copy.deepcopy(results[3]))


def test_attribute_that_no_result_has_is_an_error(client: WnsClient, server: TlsServer) -> None:
    with pytest.raises(AttributeError, match="verdict"):
        _ = send_one(client, send()).verdict  # type: ignore[attr-defined]


def test_each_request_has_its_own_headers_and_body_whatever_was_sent_before(
    client: WnsClient, server: TlsServer
) -> None:
    uri = send().channel_uri
    invitation = notification("<toast>a</toast>", **{"X-WNS-Tag": "a"})
    result = notification("<toast>b</toast>", **{"X-WNS-Tag": "b"})
    same_headers = notification("<toast>c</toast>", **{"X-WNS-Tag": "b"})
    removal = ToastRemoval.of(tag="a")
    sends = [
        Send(uri, "one", invitation),
        Send(uri, "one", invitation),
        Send(uri, "two", invitation),
        Send(uri, "two", result),
        Send(uri, "two", same_headers),
        Send(uri, "two", removal),
        Send(uri, "one", invitation),
        Send(uri, "one", removal),
        Send(uri, "one", result),
    ]

    for each in sends:
        assert send_one(client, each).outcome is Outcome.DELIVERED

    for each, request in zip(sends, server.requests, strict=True):
        is_removal = isinstance(each.notification, ToastRemoval)
        assert request.line.partition(" ")[0] == ("DELETE" if is_removal else "POST")
        assert request.body == getattr(each.notification, "body", b"")
        assert request.headers["Authorization"] == f"Bearer {each.access_token}"
        own = {name: value for name, value in request.headers.items() if name.startswith("X-")}
        assert own == {
            name: value
            for name, value in each.notification.headers.items()
            if name.startswith("X-")
        }
    assert len(server.connects) == 1


def test_send_that_is_refused_does_not_let_the_next_one_pass(
    client: WnsClient, server: TlsServer
) -> None:
    bad = notification("<toast/>", **{"X-WNS-Tag": "a\r\nHost: example.com"})

    outcomes = [send_one(client, Send(send().channel_uri, "t", bad)).outcome for _ in range(3)]

    assert outcomes == [Outcome.REJECTED] * 3
    assert server.connects == []
