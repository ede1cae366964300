"""DynamoDB's JSON protocol over libcurl.

botocore takes three to four times the CPU for a call, and a notification is little else than calls
of DynamoDB (docs/performance.md). What is AWS's to define still comes from botocore: credentials,
region, signature, certificates, and which errors are worth another try.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore import exceptions as errors
from botocore.auth import SigV4Auth
from botocore.configprovider import ConfiguredEndpointProvider
from botocore.httpsession import get_cert_path
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import (
    RetryContext,
    RetryEventAdapter,
    RetryQuotaChecker,
    ThrottledRetryableChecker,
    ThrottlingErrorDetector,
    TransientRetryableChecker,
)

from push.aws.kept_connections import HttpResponse, KeptConnections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.session import Session

    from push.aws.clients import Patience

_VERSION = "DynamoDB_20120810"
_WORTH_ANOTHER_TRY = (ThrottledRetryableChecker(), TransientRetryableChecker())
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 20.0


class DynamoDBWire:
    """Calls DynamoDB with requests and responses in its JSON. Safe between threads."""

    def __init__(self, session: Session, patience: Patience) -> None:
        """Read region and credentials as a client of botocore does; call nothing.

        Raises:
            NoRegionError: the environment names none.
        """
        region = session.get_config_variable("region")
        if region is None:
            raise errors.NoRegionError
        self._region = region
        self._credentials = session.get_credentials()
        self._url = endpoint_url(session, region)
        ca_file = str(session.get_config_variable("ca_bundle") or get_cert_path(verify=True))
        self._host = urlsplit(self._url).netloc
        self._connections = KeptConnections(self._url, ca_file, patience)
        self._attempts = patience.attempts
        # Retries take from a quota, and get it back if they help, so that a worker does not add to
        # the trouble of a table that fails for long (AWS SDKs reference guide, "Retry behavior",
        # standard mode).
        self._quota: Any = RetryQuotaChecker(
            RetryQuota(), ThrottlingErrorDetector(RetryEventAdapter())
        )

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation, such as `UpdateItem`; return the response. Its `ResponseMetadata` says
        how often the request may have been sent before, as `RetryAttempts`.

        Raises:
            NoCredentialsError: the environment has none.
            ClientError: DynamoDB refused, or failed at every try; `response` holds the error as
                botocore has it.
            BotoCoreError: no response: no connection, a time-out, a connection that broke.
        """
        body = json.dumps(parameters, separators=(",", ":")).encode()
        attempt = 1
        taken: dict[str, Any] = {}  # of the quota
        while True:
            try:
                response, was_resent = self._post(operation, body)
            except (errors.ClientError, errors.BotoCoreError) as error:
                if not self._is_retried(error, attempt, taken):
                    raise
            else:
                self._quota.release_retry_quota(taken, HttpResponse(HTTPStatus.OK, b""))
                response["ResponseMetadata"] = {"RetryAttempts": attempt - 1 + was_resent}
                return response
            # Full jitter, so that workers whose calls failed together do not return together.
            longest_s = min(_FIRST_PAUSE_S * 2.0 ** (attempt - 1), _LONGEST_PAUSE_S)
            time.sleep(random.random() * longest_s)  # noqa: S311
            attempt += 1

    def _post(self, operation: str, body: bytes) -> tuple[dict[str, Any], bool]:
        headers = {
            "Host": self._host,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{_VERSION}.{operation}",
        }
        # Signed anew for each try: a signature is valid for minutes, and credentials are renewed.
        if self._credentials is None:
            raise errors.NoCredentialsError
        credentials = self._credentials.get_frozen_credentials()
        request: Any = _Request(self._url, body, headers)
        _Signer(credentials, "dynamodb", self._region).add_auth(request)
        response = self._connections.post(headers, body)
        if response.status_code != HTTPStatus.OK:
            raise _error(operation, response)
        try:
            return json.loads(response.body), response.may_be_resent
        except ValueError:  # not DynamoDB's
            raise errors.ConnectionClosedError(endpoint_url=self._url) from None

    def _is_retried(
        self, error: errors.ClientError | errors.BotoCoreError, attempt: int, taken: dict[str, Any]
    ) -> bool:
        context = RetryContext(attempt_number=attempt, request_context=taken)
        if isinstance(error, errors.ClientError):
            context.parsed_response = error.response
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            context.http_response = HttpResponse(status, b"")
        else:
            context.caught_exception = error
        return (
            attempt < self._attempts
            and any(each.is_retryable(context) for each in _WORTH_ANOTHER_TRY)
            and self._quota.acquire_retry_quota(context)
        )


@dataclass(slots=True)
class _Request:
    """A request as botocore's signer takes it: its `AWSRequest` searches and copies header fields
    for half of the time that a signature takes."""

    url: str
    body: bytes
    headers: dict[str, str]
    method: str = "POST"
    params: None = None
    context: dict[str, Any] = field(default_factory=dict)


class _Fields(dict[str, str]):
    """Header fields, with the one method of botocore's that its signer calls."""

    def get_all(self, name: str) -> tuple[str]:
        return (self[name],)


class _Signer(SigV4Auth):
    """botocore's signer, which signs every header field that a request has."""

    def headers_to_sign(self, request: Any) -> Any:
        return _Fields((name.lower(), value) for name, value in request.headers.items())


def endpoint_url(session: Session, region: str) -> str:
    """Return where DynamoDB is: what is configured, by `AWS_ENDPOINT_URL` for instance, else the
    region's endpoint.

    For the latter, botocore would read the endpoints of all services; those of DynamoDB follow one
    pattern (AWS general reference, "Amazon DynamoDB endpoints").
    """
    configured = ConfiguredEndpointProvider(
        session.full_config, session.get_scoped_config(), client_name="dynamodb"
    )
    given = configured.provide()
    if given:
        return f"{given.rstrip('/')}/"
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://dynamodb.{region}.{suffix}/"


def _error(operation: str, response: HttpResponse) -> errors.ClientError:
    """Return a response's error with the fields that botocore gives it."""
    try:
        parsed: Any = json.loads(response.body)
    except ValueError:  # a proxy's page, for instance
        parsed = {}
    code = str(parsed.pop("__type", response.status_code)).rpartition("#")[2]
    message = parsed.pop("message", None) or parsed.pop("Message", None) or ""
    parsed["Error"] = {"Code": code, "Message": message}
    parsed["ResponseMetadata"] = {"HTTPStatusCode": response.status_code}
    return errors.ClientError(parsed, operation)
