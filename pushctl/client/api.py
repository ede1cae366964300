"""Signed requests to the HTTP API, with its errors as the library's."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from pushctl.client.aws import map_aws_errors
from pushctl.client.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
    PushctlError,
    RefusedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pushctl.client.aws import Aws

_TIMEOUT_S = (5.0, 30.0)
_TRIES = 4
_RETRIED = {429, 502, 503, 504}
_LONGEST_WAIT_S = 30.0
_BY_STATUS: dict[int, type[PushctlError]] = {
    400: RefusedError,
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: RefusedError,
    415: RefusedError,
    422: RefusedError,
}


class Api(Protocol):
    """What sends a request to the API."""

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the parsed response of a request, None if it has no body.

        Raises:
            PushctlError: the API refused or failed; of the kind that the status says.
        """


def path(*segments: str) -> str:
    """Return a path; each segment is escaped, so that none can leave its place."""
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


@dataclass(frozen=True, slots=True)
class SignedApi:
    """The API at a URL, signed with Signature Version 4.

    Every request of the library may be repeated: a notification has a request_id. So requests that
    got no response, or one that asks to try later, are retried.
    """

    url: str
    aws: Aws
    sleep: Callable[[float], None] = time.sleep
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the parsed response of a request, None if it has no body."""
        data = b"" if body is None else json.dumps(body).encode()
        for attempt in range(_TRIES):
            is_last = attempt == _TRIES - 1
            try:
                response = self._send(method, f"{self.url}{path}", data, headers or {})
            except requests.RequestException as error:
                if is_last:
                    raise UnavailableError(
                        f"the API at {self.url} does not respond ({type(error).__name__})"
                    ) from None
                self.sleep(0.5 * 2**attempt)
                continue
            if response.status_code not in _RETRIED or is_last:
                return read_response(response.status_code, response.text)
            asked = response.headers.get("Retry-After", "")
            self.sleep(min(float(asked) if asked.isdecimal() else 1.0, _LONGEST_WAIT_S))
        raise AssertionError("unreachable")

    def _send(
        self, method: str, url: str, data: bytes, headers: Mapping[str, str]
    ) -> requests.Response:
        given = {"Content-Type": "application/json", **headers} if data else dict(headers)
        request = AWSRequest(method, url, data=data, headers=given)
        with map_aws_errors("sign a request"):
            credentials = self.aws.session.get_credentials()
            if credentials is None:
                raise NotAllowedError(
                    "there are no AWS credentials; sign in as for the AWS CLI (AWS_PROFILE)"
                )
            frozen = credentials.get_frozen_credentials()
        SigV4Auth(frozen, "execute-api", self.aws.session.region_name).add_auth(request)
        return self.session.request(
            method,
            url,
            data=data,
            headers=dict(request.headers),
            timeout=_TIMEOUT_S,
            allow_redirects=False,
        )


def read_response(status: int, text: str) -> Any:
    """Return the parsed body of a response.

    Raises:
        PushctlError: the status is no success.
    """
    try:
        document = json.loads(text) if text else None
    except ValueError:
        document = None
    if 200 <= status <= 299:  # noqa: PLR2004
        return document
    error = document.get("error") if isinstance(document, dict) else None
    kind = _BY_STATUS.get(status, UnavailableError)
    if not isinstance(error, dict):
        # API Gateway's own: {"message": "Forbidden"}
        said = document.get("message") if isinstance(document, dict) else None
        raise kind(f"the API answers {status}: {said or 'no reason'}", code=f"http_{status}")
    details = [f"{each['field']}: {each['message']}" for each in error.get("details", [])]
    raise kind(str(error["message"]), code=str(error["code"]), details=details)
