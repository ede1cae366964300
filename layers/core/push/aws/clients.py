"""The functions' clients of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session
from botocore.config import Config

from push.aws.dynamodb_wire import DynamoDBWire
from push.aws.table import DynamoDB

if TYPE_CHECKING:
    from collections.abc import Callable


class Patience(NamedTuple):
    """How long a client waits for a response and how often it tries.

    Attributes:
        connect_s: seconds until a connection is given up.
        read_s: seconds without a response until a request is given up.
        attempts: tries in all, where the error is worth another one.
    """

    connect_s: float
    read_s: float
    attempts: int


PATIENT = Patience(connect_s=60, read_s=60, attempts=3)
"""As the SDK by default, in its standard retry mode."""

_session = botocore.session.get_session()
_make_client: Callable[..., Any] = _session.create_client


def client(service: str, patience: Patience = PATIENT, *, connections: int = 10) -> Any:
    """Return botocore's client of a service.

    It does not validate parameters, which moto and AWS do in tests, nor make a user agent for each
    call: both cost CPU with every call.

    Args:
        connections: how many threads may use it at once.
    """
    config = Config(
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={"total_max_attempts": patience.attempts},  # the mode is the environment's
        max_pool_connections=connections,
        parameter_validation=False,
        user_agent="windows-push-backend",
    )
    return _make_client(service, config=config)


def dynamodb(patience: Patience = PATIENT) -> DynamoDB:
    """Return DynamoDB, in the region and with the credentials of the environment."""
    return DynamoDB(DynamoDBWire(_session, patience))
