"""An issuer is used only if API Gateway can verify its tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tools.deployment.errors import DeploymentError
from tools.deployment.issuer import check_issuer

ISSUER = "https://players.example.com/"
GOOD = {"issuer": ISSUER, "jwks_uri": "https://players.example.com/keys"}


def answering(document: object, status: int = 200) -> Any:
    def get(url: str, **_: Any) -> requests.Response:
        assert url == "https://players.example.com/.well-known/openid-configuration"
        response = requests.Response()
        response.status_code = status
        text = document if isinstance(document, str) else json.dumps(document)
        response._content = text.encode()
        return response

    return get


def unreachable(url: str, **_: Any) -> requests.Response:
    raise requests.ConnectionError(url)


def test_issuer_whose_document_names_it_is_accepted() -> None:
    check_issuer(ISSUER, answering(GOOD))


@pytest.mark.parametrize(
    ("issuer", "get", "words"),
    [
        ("http://players.example.com/", answering(GOOD), "must be an https URL"),
        (ISSUER, unreachable, r"cannot be fetched \(ConnectionError\)"),
        (ISSUER, answering(GOOD, 404), "returns 404"),
        (ISSUER, answering(GOOD, 302), "returns 302"),
        (ISSUER, answering("<html>"), "not a JSON document"),
        (ISSUER, answering([]), "not a JSON document"),
        (ISSUER.rstrip("/"), answering(GOOD), "exactly as the document does"),
        (ISSUER, answering({"issuer": ISSUER}), "no https jwks_uri"),
    ],
)
def test_issuer_that_api_gateway_could_not_use_is_told(issuer: str, get: Any, words: str) -> None:
    with pytest.raises(DeploymentError, match=words) as caught:
        check_issuer(issuer, get)
    assert "\n" not in str(caught.value)
