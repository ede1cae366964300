"""The backend on moto, in front of a WNS emulator in this process."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from local.wns_emulator import WnsEmulator
from tests.integration.backend import REGION, Backend

if TYPE_CHECKING:
    from collections.abc import Iterator

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE")
_PROXY_VARIABLES = ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_client = functools.cache(boto3.client)
_resource = functools.cache(boto3.resource)


@pytest.fixture
def backend(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    for name in (*_CA_VARIABLES, *_PROXY_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    # Making a client costs more than most tests; it keeps no state, and moto always answers it.
    monkeypatch.setattr(boto3, "client", _client)
    monkeypatch.setattr(boto3, "resource", _resource)
    directory = tmp_path_factory.getbasetemp() / "wns"
    directory.mkdir(exist_ok=True)
    with WnsEmulator(directory=directory) as wns, mock_aws():
        monkeypatch.setenv("HTTPS_PROXY", wns.proxy_url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(wns.ca_file))
        yield Backend(monkeypatch, wns)
