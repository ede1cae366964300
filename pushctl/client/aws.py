"""Clients of AWS for one stack, and boto3's errors in the library's own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from push.aws.table import DynamoDB
from push.errors import PushError
from pushctl.client.errors import NotAllowedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import boto3

    from push.aws.table import Table

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}

_CREATING = threading.Lock()
"""A session creates one client at a time: it is not thread-safe (boto3, "Session reference",
Multithreading or multiprocessing with sessions). The clients are."""


@dataclass(frozen=True, slots=True)
class Aws:
    """A boto3 session, and the endpoint of an emulator in place of AWS's own."""

    session: boto3.Session
    endpoint_url: str | None = None

    def client(self, service: str) -> Any:
        """Create a client."""
        make: Any = self.session.client
        with _CREATING:
            return make(service, endpoint_url=self.endpoint_url, config=self._config())

    def table(self, name: str) -> Table:
        """Return a table of DynamoDB."""
        return DynamoDB(_Wire(self.client("dynamodb"))).table(name)

    def _config(self) -> Config:
        # An emulator is on this machine: no proxy leads there.
        proxies: dict[str, str] | None = {} if self.endpoint_url else None
        return Config(proxies=proxies, user_agent_extra="pushctl", max_pool_connections=32)


@dataclass(frozen=True, slots=True)
class _Wire:
    """Carries calls to DynamoDB over boto3, with the operator's profile and proxy. Binary values,
    which boto3 has in another form, are not supported: channels have none."""

    client: Any

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        method = getattr(self.client, xform_name(operation))
        return dict(method(**parameters))


@contextmanager
def map_aws_errors(what: str) -> Iterator[None]:
    """Map errors of boto3, and of push's own AWS code, to the library's; also a decorator.

    Args:
        what: what was tried, for the sentence: `read the dead-letter queues`.
    """
    try:
        yield
    except (NoCredentialsError, NoRegionError, ProfileNotFound) as error:
        raise NotAllowedError(
            f"cannot {what}: {error}; sign in as for the AWS CLI (AWS_PROFILE, --profile, --region)"
        ) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason")
        kind = NotAllowedError if code in _DENIED else UnavailableError
        operation = error.operation_name
        raise kind(f"cannot {what}: AWS answers {code} to {operation}", code=code) from None
    except (BotoCoreError, PushError) as error:
        raise UnavailableError(f"cannot {what}: {error}") from None
