"""No made-up request brings a 5xx, or an answer that docs/openapi.json does not know, on the stack.

A few requests for each operation; `make fuzz` makes up 130.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase

from local.demo.scenario import CLIENT_SECRET, PACKAGE_SID
from local.stack.aws import REGION
from local.stack.stack import PLAYER_AUDIENCE
from tests import fuzzing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import LaptopStack

COUNT = int(os.environ.get("FUZZ_REQUESTS", "3"))
OPERATIONS = fuzzing.operations()
PLAYER = "fuzzing-player"


class Signature(AuthBase):
    """Signs requests as the operator."""

    def __init__(self, stack: LaptopStack) -> None:
        operator = stack.operator
        credentials = Credentials(operator.access_key_id, operator.secret_access_key)
        self._signer = SigV4Auth(credentials, "execute-api", REGION)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(request.method, request.url, request.headers, request.body or b"")
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


@pytest.fixture(scope="module")
def known_ids(stack: LaptopStack) -> dict[str, str]:
    """Things that are there."""
    stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    app = f"/apps/{fuzzing.APP_ID}"
    settings = {"name": "My Game", "token_audiences": [PLAYER_AUDIENCE]}
    template = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["${x}"]}}}}
    assert stack.signed_request("PUT", app, settings).ok
    assert stack.signed_request("PUT", f"{app}/templates/Known", template).ok
    request = {"audience": {"players": [PLAYER]}, "notification": {"badge": {"value": 1}}}
    notification = stack.signed_request("POST", f"{app}/notifications", request).json()
    channel_uri = stack.wns.create_channel(app=PACKAGE_SID, device_id="pc").channel_uri
    token = stack.player_token(PLAYER)
    path = f"{app}/channels/pc"
    assert stack.player_request("PUT", path, token=token, json={"channel_uri": channel_uri}).ok
    return {
        "device_id": "pc",
        "template_id": "Known",
        "notification_id": notification["notification_id"],
    }


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_response_is_one_that_the_document_describes(
    stack: LaptopStack, session: requests.Session, known_ids: dict[str, str], operation: str
) -> None:
    token = stack.player_token(PLAYER)

    def call(case: Any) -> requests.Response:
        more: dict[str, Any] = {"timeout": 30}
        arguments = case.as_transport_kwargs(stack.api_url)
        if case.operation.tags == ["players"]:
            arguments["headers"] = {**arguments["headers"], "Authorization": f"Bearer {token}"}
        else:
            more["auth"] = Signature(stack)
        return session.request(**arguments, **more)

    fuzzing.fuzz(OPERATIONS[operation], call, COUNT, known_ids)
