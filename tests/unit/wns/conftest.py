from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.wns.tls_server import Authority, TlsServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def wns_context(authority: Authority) -> ssl.SSLContext:
    return authority.context("*.notify.windows.com", "notify.windows.com")


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server(
    wns_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, no_proxy: None
) -> Iterator[TlsServer]:
    server = TlsServer(wns_context)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    yield server
    server.close()
