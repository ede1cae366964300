"""Pages hear at once of what happens, and of no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.devices.page import Page
    from tests.integration.devices.product import Product

TOAST = '<toast><visual><binding template="ToastGeneric"><text>{}</text></binding></visual></toast>'


def heard(page: Page, after: int, kind: str, **options: Any) -> dict[str, Any]:
    return next(event for event in page.events(after, **options) if event["kind"] == kind)


def test_toast_is_plain_data_with_parsed_markup(
    page: Page, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    before = page.get("/api/state").json()["cursor"]
    send(device["device_id"], "toast", TOAST.format("&lt;script&gt;alert(1)&lt;/script&gt;"))
    toast = heard(page, before, "toast")["data"]
    binding = toast["document"]["children"][0]["children"][0]
    assert binding["attributes"] == {"template": "ToastGeneric"}
    assert [child["text"] for child in binding["children"]] == ["<script>alert(1)</script>"]
    assert "xml" not in toast


def test_dropped_request_has_its_reason(page: Page, send: Callable[[str, str, str], int]) -> None:
    device = page.add()
    page.act(device, "play", {"game": "closed"})
    before = page.get("/api/state").json()["cursor"]
    send(device["device_id"], "raw", "hello")
    assert "not running" in heard(page, before, "dropped")["data"]["reason"]
    request = heard(page, before, "request")["data"]
    assert (request["status"], request["outcome"]) == (200, "dropped")
    assert "not running" in request["why"]
    assert ["X-WNS-STATUS", "dropped"] in request["answer_headers"]


def test_discarded_payload_is_an_event_and_not_a_toast(
    page: Page, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    before = page.get("/api/state").json()["cursor"]
    send(device["device_id"], "toast", "<toast><visual>")
    assert "malformed" in heard(page, before, "discarded")["data"]["reason"]
    assert page.look(device)["toasts"] == []


def test_page_that_reconnects_gets_the_missed_events(
    page: Page, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    before = page.get("/api/state").json()["cursor"]
    send(device["device_id"], "toast", TOAST.format("missed"))
    heard(page, before, "toast")
    again = heard(page, 0, "toast", headers={"Last-Event-ID": str(before)})
    assert "missed" in again["line"]


@pytest.mark.parametrize("number", ["999999999", "-1", "many"])
def test_unknown_event_number_gets_the_new_events(page: Page, number: str) -> None:
    device = page.add()
    stream = page.events(0, headers={"Last-Event-ID": number})
    page.act(device, "press", {"text": "from now on"})
    assert any("from now on" in event["line"] for event in stream)


def test_no_channel_uri_token_or_secret_reaches_the_browser(
    page: Page, product: Product, send: Callable[[str, str, str], int]
) -> None:
    start = page.get("/api/state").json()["cursor"]
    device = page.add()
    uri = product.channels[device["device_id"]]["channel_uri"]
    send(device["device_id"], "toast", TOAST.format("x"))
    send(device["device_id"], "raw", "x")
    page.act(device, "press", {"text": "the end"})
    told = [page.get("/api/state").text, str(page.look(device))]
    for event in page.events(start):
        told.append(event["line"])
        if "the end" in event["line"]:
            break
    secrets = (uri.partition("token=")[2], "token-of-sam", "not-to-be-told", "laptop-secret")
    assert len(told) > 5
    assert not any(secret in text for text in told for secret in secrets)
