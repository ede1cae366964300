"""The console serves the browser of who started it, and nobody else; on real sockets."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from pushctl.client.aws import Aws
from pushctl.client.errors import ConflictError
from pushctl.client.stack import Stack
from pushctl.console.guard import Guard
from pushctl.console.routing import Console
from pushctl.console.server import ConsoleServer, pictures_in
from pushctl.console.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.enable_socket
SECRET = "canary-secret-91d0"


@dataclass
class FakeApi:
    """Records what reaches the API."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        self.calls.append((method, path))
        if path.startswith("/apps/taken"):
            raise ConflictError("another version is stored", details=["version: 2"])
        if path.startswith("/apps/broken"):
            raise ValueError(SECRET)
        return {"apps": []}


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def server(api: FakeApi, tmp_path: Path) -> Iterator[ConsoleServer]:
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "pilot.png").write_bytes(b"picture")
    (tmp_path / "private.txt").write_text(SECRET)
    stack = Stack("stack", api, {}, Aws(session))
    console = Console(stack, Versions(tmp_path / "versions"), pictures_in(pictures))
    with ConsoleServer(console) as running:
        yield running


def ask(
    server: ConsoleServer,
    path: str = "api/apps",
    method: str = "GET",
    body: object = None,
    *,
    token: str | None = None,
    **headers: str | None,
) -> tuple[int, Any, http.client.HTTPMessage]:
    """Send a request as the page does, with some headers replaced (None: left out)."""
    address = server.url.removeprefix("http://").split("/")
    own = f"http://{address[0]}"
    given: dict[str, str | None] = {"host": address[0], "sec-fetch-site": "same-origin"}
    if method != "GET":
        given |= {"origin": own, "content-type": "application/json"}
    data = b"" if body is None else json.dumps(body).encode()
    given["content-length"] = str(len(data))
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(address[0], timeout=5)
    prefix = f"/{address[1] if token is None else token}/" if token != "" else "/"
    connection.putrequest(method, f"{prefix}{path}", skip_host=True)
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(data)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    is_json = "json" in (response.headers["content-type"] or "")
    return response.status, json.loads(text) if is_json else text, response.headers


def test_page_and_api_answer_the_address_that_was_printed(server: ConsoleServer) -> None:
    status, page, _ = ask(server, "")
    assert status == 200
    assert b"<!doctype html>" in page.lower()
    assert ask(server)[:2] == (200, {"apps": []})


@pytest.mark.parametrize("token", ["", "wrong", "%00", "é", ".."])
@pytest.mark.parametrize("path", ["", "api/apps", "app.js", "pictures/pilot.png"])
def test_nothing_is_served_without_the_token(
    server: ConsoleServer, api: FakeApi, token: str, path: str
) -> None:
    if not token.isascii():
        token = "%C3%A9"
    status, body, _ = ask(server, path, token=token)
    assert (status, body["error"]["code"]) == (403, "no_token")
    assert not api.calls


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1", "127.0.0.1:1", "localhost", None])
def test_foreign_host_is_refused(server: ConsoleServer, api: FakeApi, host: str | None) -> None:
    """DNS rebinding: the browser sends the name that another site gave this address."""
    status, body, _ = ask(server, host=host)
    assert (status, body["error"]["code"]) == (403, "foreign_host")
    assert not api.calls


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", None])
def test_write_of_another_origin_is_refused(
    server: ConsoleServer, api: FakeApi, origin: str | None
) -> None:
    status, body, _ = ask(server, "api/apps/game/resume", "POST", origin=origin)
    assert (status, body["error"]["code"]) == (403, "foreign_origin")
    assert not api.calls


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_script_of_another_site_cannot_read(server: ConsoleServer, api: FakeApi, site: str) -> None:
    for path in ("api/apps", "app.js"):
        headers = {"sec_fetch_site": site, "sec_fetch_mode": "no-cors"}
        assert ask(server, path, **headers)[0] == 403
    assert ask(server, origin="https://evil.example")[0] == 403
    assert not api.calls


def test_form_of_another_site_is_refused_whatever_its_origin(server: ConsoleServer) -> None:
    assert ask(server, "api/apps/game/resume", "POST", content_type="text/plain")[0] == 415


@pytest.mark.parametrize(
    "path",
    [
        *("../private.txt", "pictures/../../private.txt", "pictures/..%2f..%2fprivate.txt"),
        *(
            "%2e%2e/guard.py",
            "..%5cguard.py",
            "windows/../../guard.py",
            "/etc/passwd",
            "versions/x",
        ),
    ],
)
def test_no_path_leaves_the_files_of_the_page(server: ConsoleServer, path: str) -> None:
    status, body, _ = ask(server, path)
    assert status == 404
    assert SECRET not in str(body)


def test_every_response_restricts_the_browser_to_what_the_page_needs(
    server: ConsoleServer,
) -> None:
    for path, token in (("", None), ("api/apps", None), ("nothing", None), ("", "wrong")):
        headers = ask(server, path, token=token)[2]
        policy = dict(
            part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["require-trusted-types-for"] == "'script'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_token_and_what_was_sent_are_never_printed(
    server: ConsoleServer, capfd: pytest.CaptureFixture[str]
) -> None:
    token = server.url.split("/")[3]
    ask(server)
    ask(server, token="wrong")
    status, body, _ = ask(server, "api/apps/broken")
    assert status == 500
    assert SECRET not in str(body)
    ask(server, "api/apps/game/credentials", "PUT", {"identity": "package_sid", "x": SECRET})
    out, err = capfd.readouterr()
    assert token not in out + err
    assert SECRET not in out + err
    assert "ValueError" in err
    assert token not in repr(Guard(1, token))


def test_errors_are_sentences_with_a_status(server: ConsoleServer) -> None:
    status, body, _ = ask(server, "api/apps/taken")
    assert status == 409
    assert body["error"] == {
        "code": "conflict",
        "message": "another version is stored",
        "details": ["version: 2"],
    }
    refused = {"identity": "package_sid", "package_sid": "no", "client_secret": SECRET}
    status, body, _ = ask(server, "api/apps/game/credentials", "PUT", refused)
    assert status == 422
    assert "package_sid" in str(body["error"]["details"])
    assert SECRET not in str(body)
    assert ask(server, "api/nothing")[0] == 404
    assert ask(server, "app.js", "POST")[0] == 405


def test_body_that_is_too_large_or_no_json_is_refused(server: ConsoleServer, api: FakeApi) -> None:
    status, body, _ = ask(server, "api/apps/game", "PUT", content_length="9999999999")
    assert status == 422
    assert "at most" in body["error"]["message"]
    assert not api.calls


def test_ids_in_a_path_stay_in_their_place(server: ConsoleServer, api: FakeApi) -> None:
    ask(server, "api/apps/a%2F..%2Fb")
    assert api.calls == [("GET", "/apps/a%2F..%2Fb")]
