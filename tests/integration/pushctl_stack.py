"""The backend on moto as a stack of pushctl's library."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import boto3

from pushctl.client.api import read_response
from pushctl.client.aws import Aws
from pushctl.client.stack import Stack
from tests.integration.backend import STACK, function_of_route, http_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.backend import Backend


class BackendApi:
    """Calls the handlers as API Gateway does, one request at a time, as an instance of Lambda does.

    `before` is called ahead of each request.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()

    def before(self, method: str, path: str) -> None:
        """Do what a test wants to happen just before a request."""

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        self.before(method, path)
        path, _, query = path.partition("?")
        text = None if body is None else json.dumps(body)
        given = {"content-type": "application/json"} | {
            name.lower(): value for name, value in (headers or {}).items()
        }
        event = http_event(method, path, text, headers=given, claims=None, query=query)
        event["queryStringParameters"] = dict(parse_qsl(query))
        with self._lock:
            answer = self._backend.invoke(function_of_route(method, path), event)
        return read_response(answer["statusCode"], answer.get("body") or "")


def stack_of(backend: Backend) -> Stack:
    """Return the backend as a stack."""
    names = dict(backend._names)
    return Stack(STACK, BackendApi(backend), names, Aws(boto3.Session()))
