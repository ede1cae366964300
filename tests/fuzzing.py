"""Requests generated from docs/openapi.json, valid and invalid, and checks of every response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

APP_ID = "my-game"
NEW_APPS = {"putApp", "deleteApp"}
"""Operations that get generated app ids, so that the test's own app stays."""

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def operations() -> dict[str, Any]:
    """Return every operation of the document by its id."""
    schema = schemathesis.openapi.from_path(ROOT / "docs/openapi.json")
    results: Any = schema.get_all_operations()
    found = [result.ok() for result in results]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def fuzz(
    operation: Any,
    call: Callable[[Any], requests.Response],
    count: int,
    known_ids: Mapping[str, str],
) -> None:
    """Generate `count` requests, always the same ones, `call` each and check its response.

    Half of them are for things that exist, by `known_ids`.

    Raises:
        Exception: the service failed, or the document does not describe the response.
    """
    fixed = {} if operation.definition.raw["operationId"] in NEW_APPS else {"app_id": APP_ID}
    named = {each.name for each in operation.path_parameters}
    known = {name: value for name, value in (fixed | dict(known_ids)).items() if name in named}
    some = {name: value for name, value in fixed.items() if name in named}
    good, bad = GenerationMode.POSITIVE, GenerationMode.NEGATIVE

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        strategies.one_of(
            operation.as_strategy(good, path_parameters=known),
            operation.as_strategy(bad, path_parameters=known),
            operation.as_strategy(good, path_parameters=some),
            operation.as_strategy(bad),
        )
    )
    def check(case: Any) -> None:
        response = call(case)
        statuses.add(response.status_code)
        case.validate_response(response, checks=_CHECKS)

    statuses: set[int] = set()
    check()
    assert statuses - {401, 403, 429}, "nothing got through to the API"
