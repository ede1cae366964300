"""The fixture `limits`: AWS's limits for the calls of a test, on by default."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.aws_limits import moto_statements  # noqa: F401
from tests.aws_limits.calls import install
from tests.aws_limits.limits import AwsLimits
from tests.conftest import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

UNITS_VARIABLE = "AWS_UNITS"
"""Environment variable: set, every test reports the capacity units that it consumed."""


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> Iterator[AwsLimits]:
    """Hold this test's calls to AWS's limits."""
    limits = AwsLimits()
    units = limits.counting() if UNITS_VARIABLE in os.environ else None
    install(limits)
    try:
        yield limits
    finally:
        install(None)
        if units is not None:
            request.node.user_properties.append((UNITS, units.line()))
