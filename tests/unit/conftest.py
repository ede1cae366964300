"""Unit tests reach no network; one that has to listen says so: `@pytest.mark.enable_socket`."""

import pytest
from hypothesis import settings
from pytest_socket import disable_socket

# Properties are of results; how long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("enable_socket") is None:
        disable_socket(allow_unix_socket=True)  # pytest-socket lifts it again after each test
