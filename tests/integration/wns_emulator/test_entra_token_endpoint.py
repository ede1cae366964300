"""login.microsoftonline.com: access tokens for a Microsoft Entra app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.wns_emulator.sender import CLIENT, OBJECT, SECRET, SID, TENANT

if TYPE_CHECKING:
    from local.wns_emulator import WnsEmulator
    from tests.integration.wns_emulator.wire import Response, Wire

ENTRA = "https://login.microsoftonline.com"
V2 = f"{ENTRA}/{TENANT}/oauth2/v2.0/token"
V1 = f"{ENTRA}/{TENANT}/oauth2/token"
GOOD = {
    "grant_type": "client_credentials",
    "client_id": CLIENT,
    "client_secret": SECRET,
    "scope": "https://wns.windows.com/.default",
}
BY_RESOURCE = {name: value for name, value in GOOD.items() if name != "scope"} | {
    "resource": "https://wns.windows.com/"
}


@pytest.fixture(autouse=True)
def _app(wns: WnsEmulator) -> None:
    wns.put_entra_app(tenant_id=TENANT, client_id=CLIENT, client_secret=SECRET, object_id=OBJECT)


def assert_refused(answer: Response, status: int, error: str, code: int) -> None:
    content = answer.json()
    assert answer.status == status
    assert content["error"] == error
    assert content["error_codes"] == [code]
    assert content["error_description"].startswith(f"AADSTS{code}: ")
    for part in ("Trace ID: ", "Correlation ID: ", "Timestamp: "):
        assert part in content["error_description"]
    assert content["trace_id"]
    assert content["correlation_id"]
    assert content["timestamp"]
    assert content["error_uri"].endswith(str(code))


def test_valid_request_gets_a_bearer_token_with_numbers(wns: WnsEmulator, wire: Wire) -> None:
    content = wire.form(V2, **GOOD).json()

    assert content["token_type"] == "Bearer"
    assert content["expires_in"] == 86399
    assert content["ext_expires_in"] == 86399
    assert content["expires_on"] - content["not_before"] == 86399
    assert len(content["access_token"].split(".")) == 3
    channel = wns.create_channel(CLIENT, "pc")
    answer = wire.send(
        channel.channel_uri,
        headers={
            "Authorization": f"Bearer {content['access_token']}",
            "Content-Type": "application/octet-stream",
            "X-WNS-Type": "wns/raw",
        },
        body="hello",
    )
    assert answer.status == 200


def test_numbers_can_come_as_text(wns: WnsEmulator, wire: Wire) -> None:
    wns.set_switches(entra_numbers="string")

    content = wire.form(V2, **GOOD).json()

    assert content["expires_in"] == "86399"
    assert content["ext_expires_in"] == "86399"


def test_scope_with_trailing_slash_is_accepted(wire: Wire) -> None:
    assert wire.form(V2, **GOOD | {"scope": "https://wns.windows.com/.default/"}).status == 200


def test_v1_path_with_resource_is_accepted(wire: Wire) -> None:
    assert wire.form(V1, **BY_RESOURCE).json()["token_type"] == "Bearer"


def test_v2_path_accepts_resource_only_when_switched_on(wns: WnsEmulator, wire: Wire) -> None:
    assert_refused(wire.form(V2, **BY_RESOURCE), 400, "invalid_scope", 70011)
    wns.set_switches(entra_v2_accepts_resource=True)

    assert wire.form(V2, **BY_RESOURCE).status == 200


def test_bad_secret_is_401_invalid_client(wire: Wire) -> None:
    answer = wire.form(V2, **GOOD | {"client_secret": "wrong"})

    assert_refused(answer, 401, "invalid_client", 7000215)


def test_bad_secret_can_be_400(wns: WnsEmulator, wire: Wire) -> None:
    wns.set_switches(entra_bad_secret_status=400)

    answer = wire.form(V2, **GOOD | {"client_secret": "wrong"})

    assert_refused(answer, 400, "invalid_client", 7000215)


@pytest.mark.parametrize("scope", ["notify.windows.com", "https://graph.microsoft.com/.default"])
def test_bad_scope_is_invalid_scope(wire: Wire, scope: str) -> None:
    assert_refused(wire.form(V2, **GOOD | {"scope": scope}), 400, "invalid_scope", 70011)


def test_unknown_client_is_unauthorized(wire: Wire) -> None:
    answer = wire.form(V2, **GOOD | {"client_id": "00000000-0000-0000-0000-000000000000"})

    assert_refused(answer, 400, "unauthorized_client", 700016)


def test_package_sid_is_unknown_here(wns: WnsEmulator, wire: Wire) -> None:
    wns.put_app(package_sid=SID, client_secret=SECRET)

    answer = wire.form(V2, **GOOD | {"client_id": SID})

    assert_refused(answer, 400, "unauthorized_client", 700016)


def test_another_tenant_is_not_found(wire: Wire) -> None:
    answer = wire.form(f"{ENTRA}/common/oauth2/v2.0/token", **GOOD)

    assert_refused(answer, 400, "invalid_request", 90002)


def test_wrong_grant_type_is_unsupported(wire: Wire) -> None:
    answer = wire.form(V2, **GOOD | {"grant_type": "password"})

    assert_refused(answer, 400, "unsupported_grant_type", 70003)


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret"])
def test_missing_field_is_invalid_request_and_is_named(wire: Wire, name: str) -> None:
    answer = wire.form(V2, **{key: value for key, value in GOOD.items() if key != name})

    assert_refused(answer, 400, "invalid_request", 900144)
    assert f"'{name}'" in answer.json()["error_description"]


def test_another_method_than_post_is_invalid_request(wire: Wire) -> None:
    assert_refused(wire.send(V2, method="GET"), 400, "invalid_request", 900561)


@pytest.mark.parametrize("path", ["/", f"/{TENANT}", f"/{TENANT}/oauth2", "//oauth2/token"])
def test_another_path_is_not_found(wire: Wire, path: str) -> None:
    assert wire.form(f"{ENTRA}{path}", **GOOD).status == 404
