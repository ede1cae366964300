"""The service's DynamoDB wire on botocore, where moto and the limits of AWS take its requests."""

from __future__ import annotations

import base64
import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from push.aws.kept_connections import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from push.aws.clients import Patience


class BotocoreConnections:
    """Stands in for the wire's connections. Retries are the wire's."""

    def __init__(self, url: str, ca_file: str, patience: Patience) -> None:
        del url, ca_file
        self._patience = patience

    def post(self, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        operation = headers["X-Amz-Target"].rpartition(".")[2]
        try:
            answer = client_of(self._patience)._make_api_call(operation, _with_bytes(body))
        except ClientError as error:
            return _refusal(error.response)
        return HttpResponse(200, json.dumps(answer, default=_base64).encode())


def client_of(patience: Patience) -> Any:
    """Return the client that sends the requests of a wire with this patience."""
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL")
    return _client(patience, endpoint_url, tuple(on_new_client), os.getpid())


on_new_client: list[Callable[[Any], None]] = []
"""What to call with each client that is made. Who adds something gets clients of their own, and so
misses no call of one that was made before."""


@cache
def _client(
    patience: Patience,
    endpoint_url: str | None,
    calls: tuple[Callable[[Any], None], ...],
    _process: int,
) -> Any:
    config = Config(
        user_agent="tests",  # to make one anew costs a tenth of a call on moto
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    client = boto3.session.Session().client("dynamodb", config=config, endpoint_url=endpoint_url)
    for call in calls:
        call(client)
    return client


def _refusal(response: Any) -> HttpResponse:
    error = response["Error"]
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    details = {
        name: value for name, value in response.items() if name not in ("Error", "ResponseMetadata")
    }
    body = details | {"__type": f"com.amazonaws.dynamodb#{error['Code']}"}
    return HttpResponse(
        status, json.dumps(body | {"message": error.get("Message", "")}, default=_base64).encode()
    )


def _with_bytes(body: bytes) -> Any:
    """Return parameters with the bytes that botocore wants in place of base64."""

    def decode(parsed: dict[str, Any]) -> Any:
        if parsed.keys() == {"B"} and isinstance(parsed["B"], str):
            return {"B": base64.b64decode(parsed["B"])}
        return parsed

    return json.loads(body, object_hook=decode)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
