"""The page is for the browser of whoever runs the stack, and for nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.devices.page import Page, running_page
from tests.integration.devices.product import running_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.wns_emulator import WnsEmulator

ADD = {"player": "sam", "name": "PC"}


@pytest.fixture(scope="module")
def page(wns: WnsEmulator) -> Iterator[Page]:
    with running_product() as product, running_page(wns, product) as page:
        yield page


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://127.0.0.1:1", "http://localhost", "null", None],
    ids=["other site", "other port of this machine", "other name", "sandboxed frame", "none"],
)
def test_write_from_another_origin_is_refused(page: Page, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    assert page.post("/api/devices", ADD, headers=headers).status_code == 403
    assert page.get("/api/state").json()["devices"] == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_script_of_another_site_cannot_read(page: Page, site: str) -> None:
    for path in ("/api/state", "/api/events", "/static/app.js"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        assert page.get(path, headers=headers).status_code == 403


def test_link_from_another_site_opens_the_page(page: Page) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert page.get("/", headers=headers).ok


def test_foreign_host_name_is_refused(page: Page) -> None:
    """DNS rebinding: the browser sends the name that another site gave this address."""
    assert page.get("/", headers={"Host": "rebound.example"}).status_code == 403
    headers = {"Host": "rebound.example", "Origin": "http://rebound.example"}
    assert page.post("/api/devices", ADD, headers=headers).status_code == 403


def test_form_of_another_site_is_refused_whatever_its_origin(page: Page) -> None:
    headers = {**page.own, "Content-Type": "text/plain"}
    answer = page.request("POST", f"{page.url}/api/devices", data=json.dumps(ADD), headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/", "/api/state", "/static/app.js", "/no-such-page"])
def test_every_response_restricts_the_browser_to_what_the_page_needs(page: Page, path: str) -> None:
    headers = page.get(path).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {
        "'self'"
    }
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/api/devices", {"player": "sam"}, "name: Field required"),
        ("/api/devices", {"player": "with space", "name": "PC"}, "player: "),
        ("/api/devices", {"player": "sam", "name": "  "}, "name: "),
        ("/api/devices", {"player": "sam", "name": "PC", "admin": True}, "admin: "),
        ("/api/send", {"sample": "challenge.received", "road": "sea"}, "road: "),
        ("/api/send", [], "body: "),
    ],
)
def test_invalid_body_is_refused_with_the_field(
    page: Page, path: str, body: object, words: str
) -> None:
    answer = page.post(path, body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith(words)


def test_body_that_is_too_long_is_refused(page: Page) -> None:
    body = {"notification": {"toast": {"texts": ["x" * 70_000]}}}
    assert page.post("/api/send-own", body).status_code == 413


def test_files_outside_of_the_page_are_not_served(page: Page) -> None:
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py"):
        assert page.get(path).status_code == 404
