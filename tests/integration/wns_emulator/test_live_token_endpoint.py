"""login.live.com: access tokens for a Package SID."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.wns_emulator.sender import CLIENT, OBJECT, SECRET, SID, TENANT, Sender
from tests.integration.wns_emulator.wire import FORM, LIVE, Response, Wire

if TYPE_CHECKING:
    from local.wns_emulator import WnsEmulator

GOOD = {
    "grant_type": "client_credentials",
    "client_id": SID,
    "client_secret": SECRET,
    "scope": "notify.windows.com",
}


@pytest.fixture(autouse=True)
def _app(wns: WnsEmulator) -> None:
    wns.put_app(package_sid=SID, client_secret=SECRET)


def assert_refused(answer: Response, error: str) -> None:
    assert answer.status == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Content-Type") == "application/json"


def test_valid_sid_secret_scope_and_grant_get_a_token_for_a_day(sender: Sender) -> None:
    answer = sender.wire.form(LIVE, **GOOD)

    assert answer.status == 200
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Content-Type") == "application/json"
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 86400
    assert answer.json()["access_token"].startswith("Eg")
    sender.token = answer.json()["access_token"]
    assert sender.notify().status == 200


@pytest.mark.parametrize(("form", "value"), [("string", "86400"), ("absent", None)])
def test_expires_in_can_be_text_or_absent(
    wns: WnsEmulator, wire: Wire, form: str, value: str | None
) -> None:
    wns.set_switches(legacy_expires_in=form)

    assert wire.form(LIVE, **GOOD).json().get("expires_in") == value


def test_package_sid_is_not_case_sensitive(wire: Wire) -> None:
    assert wire.form(LIVE, **GOOD | {"client_id": SID.replace("s-1", "S-1")}).status == 200


def test_unknown_client_id_is_invalid_client_with_the_recorded_text(wire: Wire) -> None:
    answer = wire.form(LIVE, **GOOD | {"client_id": "ms-app://s-1-15-2-999"})

    assert_refused(answer, "invalid_client")
    assert answer.json() == {"error": "invalid_client", "error_description": "Invalid client id"}
    assert answer.header("x-wlid-error") == "0x80045A78"


def test_client_id_of_an_entra_app_is_unknown_here(wns: WnsEmulator, wire: Wire) -> None:
    wns.put_entra_app(tenant_id=TENANT, client_id=CLIENT, client_secret=SECRET, object_id=OBJECT)

    assert_refused(wire.form(LIVE, **GOOD | {"client_id": CLIENT}), "invalid_client")


@pytest.mark.parametrize("secret", ["wrong", SECRET + " ", SECRET[:-1], "ß"])
def test_wrong_secret_is_invalid_client(wire: Wire, secret: str) -> None:
    assert_refused(wire.form(LIVE, **GOOD | {"client_secret": secret}), "invalid_client")


@pytest.mark.parametrize("scope", ["", "s.notify.live.net", "https://wns.windows.com/.default"])
def test_wrong_scope_is_invalid_scope(wire: Wire, scope: str) -> None:
    assert_refused(wire.form(LIVE, **GOOD | {"scope": scope}), "invalid_scope")


def test_missing_scope_is_invalid_scope(wire: Wire) -> None:
    fields = {name: value for name, value in GOOD.items() if name != "scope"}

    assert_refused(wire.form(LIVE, **fields), "invalid_scope")


@pytest.mark.parametrize("grant", ["password", "authorization_code", "Client_Credentials"])
def test_wrong_grant_type_is_unsupported(wire: Wire, grant: str) -> None:
    assert_refused(wire.form(LIVE, **GOOD | {"grant_type": grant}), "unsupported_grant_type")


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret"])
def test_missing_field_is_invalid_request_and_is_named(wire: Wire, name: str) -> None:
    answer = wire.form(LIVE, **{key: value for key, value in GOOD.items() if key != name})

    assert_refused(answer, "invalid_request")
    assert name in answer.json()["error_description"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_than_post_is_invalid_request(wire: Wire, method: str) -> None:
    assert_refused(wire.send(LIVE, method=method), "invalid_request")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"grant_type": "client_credentials"}'),
        (FORM, "grant_type=client_credentials&grant_type=client_credentials"),
        (FORM, b"\xff\xfe"),
        (FORM, ""),
        (FORM, "a=1&" * 60),
        (FORM, "x" * 20_000),
    ],
)
def test_body_that_is_not_a_form_is_invalid_request(
    wire: Wire, content_type: str, body: bytes | str
) -> None:
    answer = wire.send(LIVE, headers={"Content-Type": content_type}, body=body)

    assert_refused(answer, "invalid_request")


def test_another_path_is_not_found(wire: Wire) -> None:
    assert wire.form("https://login.live.com/oauth20_token.srf", **GOOD).status == 404


def test_new_secret_replaces_the_old_and_revokes_its_tokens(sender: Sender) -> None:
    sender.wns.put_app(package_sid=SID, client_secret="new")

    assert_refused(sender.wire.form(LIVE, **GOOD), "invalid_client")
    assert sender.notify().status == 401
    sender.token = sender.wire.form(LIVE, **GOOD | {"client_secret": "new"}).json()["access_token"]
    assert sender.notify().status == 200


def test_same_secret_again_revokes_no_tokens(sender: Sender) -> None:
    sender.wns.put_app(package_sid=SID, client_secret=SECRET)

    assert sender.notify().status == 200


def test_token_requests_are_logged_without_secret_or_token(wns: WnsEmulator, wire: Wire) -> None:
    token = wire.form(LIVE, **GOOD).json()["access_token"]
    wire.form(LIVE, **GOOD | {"client_secret": "wrong-one"})

    seen = wns.requests(endpoint="token")
    assert [(one["status"], one["outcome"]) for one in seen] == [
        (200, "granted"),
        (400, "invalid_client"),
    ]
    assert token not in str(seen)
    assert SECRET not in str(seen)
    assert "wrong-one" not in str(seen)
