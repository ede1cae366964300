"""No made-up request brings a 5xx, or an answer that docs/openapi.json does not know."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests import fuzzing
from tests.integration.backend import AUDIENCE, CLIENT_SECRET, PACKAGE_SID, Context

if TYPE_CHECKING:
    from tests.integration.backend import Backend

COUNT = 25
OPERATIONS = fuzzing.operations()
FUNCTION_OF_CALLER = {
    "players": "channels_api",
    "operators": "operator_api",
    "game servers": "notifications_api",
}
TEMPLATE = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["${challenger} challenges you"]}}},
}


@pytest.fixture
def known_ids(backend: Backend) -> dict[str, str]:
    """Things that are there."""
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    settings = {"name": "My Game", "token_audiences": [AUDIENCE]}
    backend.call_as_operator("PUT", f"/apps/{fuzzing.APP_ID}", settings)
    backend.call_as_operator("PUT", f"/apps/{fuzzing.APP_ID}/templates/Known", TEMPLATE)
    backend.open_channel("player", "pc", fuzzing.APP_ID)
    request = {"audience": {"everyone": True}, "notification": {"badge": {"value": 1}}}
    _, answer = backend.call_as_operator("POST", f"/apps/{fuzzing.APP_ID}/notifications", request)
    return {
        "device_id": "pc",
        "template_id": "Known",
        "notification_id": answer["notification_id"],
    }


def call(backend: Backend, case: Any) -> requests.Response:
    """Do what API Gateway and a caller that may call do."""
    prepared = requests.Request(**case.as_transport_kwargs("http://api")).prepare()
    parts = urlsplit(prepared.url or "")
    body = prepared.body or b""
    body = body.encode() if isinstance(body, str) else body
    (caller,) = case.operation.tags
    claims = {"jwt": {"claims": {"sub": "player", "aud": AUDIENCE}}} if caller == "players" else {}
    event = {
        "version": "2.0",
        "rawPath": unquote(parts.path),
        "rawQueryString": parts.query,
        "headers": {name.lower(): value for name, value in prepared.headers.items()},
        "requestContext": {
            "http": {"method": prepared.method, "path": unquote(parts.path)},
            "stage": "$default",
            "authorizer": claims,
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }
    answer = backend.handler(FUNCTION_OF_CALLER[caller]).lambda_handler(event, Context(20))
    response = requests.Response()
    response.status_code = answer["statusCode"]
    response.request = prepared
    response.url = prepared.url or ""
    response.headers.update(answer.get("headers", {}))
    response._content = (answer.get("body") or "").encode()
    response.raw = HTTPResponse(
        headers=HTTPHeaderDict(answer.get("headers", {})), status=answer["statusCode"]
    )
    return response


@pytest.mark.parametrize("operation", OPERATIONS)
def test_answer_is_one_that_the_document_knows(
    backend: Backend, known_ids: dict[str, str], operation: str
) -> None:
    fuzzing.fuzz(OPERATIONS[operation], lambda case: call(backend, case), COUNT, known_ids)
