"""No made-up request brings a 5xx, or an answer that docs/openapi.json does not know."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests import fuzzing
from tests.integration.backend import AUDIENCE, function_of_route, http_event
from tests.integration.builders import CHALLENGE, game_fixture, post_request, request

if TYPE_CHECKING:
    from tests.integration.backend import Backend

COUNT = 25
OPERATIONS = fuzzing.operations()
game = game_fixture(ready=False, templates={"Known": CHALLENGE}, devices={"pc": "player"})


@pytest.fixture
def known_ids(game: Backend) -> dict[str, str]:
    """Things that are there."""
    broadcast = request(audience={"everyone": True}, notification={"badge": {"value": 1}})
    _, answer = post_request(game, broadcast)
    return {
        "device_id": "pc",
        "template_id": "Known",
        "notification_id": answer["notification_id"],
    }


def call(game: Backend, case: Any) -> requests.Response:
    """Do what API Gateway and a caller that may call do."""
    prepared = requests.Request(**case.as_transport_kwargs("http://api")).prepare()
    parts = urlsplit(prepared.url or "")
    body = prepared.body or b""
    body = body.encode() if isinstance(body, str) else body
    is_players = case.operation.tags == ["players"]
    path, method = unquote(parts.path), prepared.method or ""
    event = http_event(
        method,
        path,
        base64.b64encode(body).decode() if body else None,
        headers={name.lower(): value for name, value in prepared.headers.items()},
        claims={"sub": "player", "aud": AUDIENCE} if is_players else None,
        query=parts.query,
        is_base64=bool(body),
    )
    function = "channels_api" if is_players else function_of_route(method, path)
    answer = game.invoke(function, event, seconds=20)
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
def test_response_is_one_that_the_document_describes(
    game: Backend, known_ids: dict[str, str], operation: str
) -> None:
    fuzzing.fuzz(OPERATIONS[operation], lambda case: call(game, case), COUNT, known_ids)
