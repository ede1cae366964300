"""Unit tests reach no network; one that has to listen says so: `@pytest.mark.enable_socket`."""

import pytest
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("enable_socket") is None:
        disable_socket(allow_unix_socket=True)  # pytest-socket lifts it again after each test
