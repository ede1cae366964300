"""The backend on moto, in front of a WNS emulator in this process."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from local.wns_emulator import WnsEmulator
from tests.aws_limits.fixtures import limits
from tests.integration.backend import REGION, Backend
from tests.integration.builders import set_shards
from tests.integration.iam_policy import RecordedCalls, granted
from tests.integration.moto_backend import MotoBackend
from tools.template_yaml import environment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.aws_limits.limits import AwsLimits

__all__ = ["limits"]

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE")
_PROXY_VARIABLES = ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_recorded = RecordedCalls()


# A fixed user agent: to make one anew costs a tenth of a call on moto.
_CONFIG = Config(user_agent="tests")


def _record(client: Any) -> None:
    client.meta.events.register("provide-client-params", _recorded.note)


@functools.cache
def _client(service: Any) -> Any:
    client = boto3.session.Session().client(service, config=_CONFIG)
    _record(client)
    return client


@functools.cache
def _resource(service: Any) -> Any:
    resource = boto3.session.Session().resource(service, config=_CONFIG)
    _record(resource.meta.client)
    return resource


def _one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto serve one call after the other: it copies and restores whole tables for each
    transaction, so that concurrent calls would undo one another's writes."""
    serve, lock = vars(BotocoreStubber)["__call__"], threading.Lock()

    def serve_alone(stubber: BotocoreStubber, *arguments: Any, **named: Any) -> Any:
        with lock:
            return serve(stubber, *arguments, **named)

    monkeypatch.setattr(BotocoreStubber, "__call__", serve_alone)


@pytest.fixture
def backend(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, limits: AwsLimits
) -> Iterator[Backend]:
    for name in (*_CA_VARIABLES, *_PROXY_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        # boto3's clients are made before the first handler sets its own environment.
        "AWS_RETRY_MODE": environment_of("ChannelsApiFunction")["AWS_RETRY_MODE"],
    }.items():
        monkeypatch.setenv(name, value)
    # Making a client costs more than most tests; it keeps no state, and moto always answers it.
    monkeypatch.setattr(boto3, "client", lambda service, **_: _client(service))
    monkeypatch.setattr(boto3, "resource", lambda service, **_: _resource(service))
    monkeypatch.setattr("push.aws.clients.client", lambda service, *_, **__: _client(service))
    monkeypatch.setattr("tests.aws_limits.wire.on_new_client", [_record])
    _one_call_at_a_time(monkeypatch)
    directory = tmp_path_factory.getbasetemp() / "wns"
    directory.mkdir(exist_ok=True)
    with WnsEmulator(directory=directory) as wns, mock_aws():
        monkeypatch.setenv("HTTPS_PROXY", wns.proxy_url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(wns.ca_file))
        yield MotoBackend(monkeypatch, wns, _recorded, limits)
    done, _recorded.done = _recorded.done, set()
    forbidden = {(function, call) for function, call in done if call not in granted(function)}
    assert not forbidden, "template.yaml does not let the function do this"


@pytest.fixture
def few_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broadcast has 4 first pages in place of 64, one to a topic 2 in place of 8."""
    set_shards(monkeypatch, shards=4, topic_shards=2)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK retry without pauses."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
