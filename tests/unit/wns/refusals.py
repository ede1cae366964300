"""What a model says when it refuses."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError


def refusals(model: type[BaseModel], fields: Any) -> list[tuple[str, str]]:
    """Where and why `fields` are refused; in the same places as JSON and as Python."""
    with pytest.raises(ValidationError) as of_python:
        model.model_validate(fields)
    with pytest.raises(ValidationError) as of_json:
        model.model_validate_json(json.dumps(fields))
    said = _said(of_python.value)
    assert [where for where, _ in said] == [where for where, _ in _said(of_json.value)]
    return said


def refusal(model: type[BaseModel], fields: Any) -> str:
    """The only reason why `fields` are refused."""
    [(_, reason)] = refusals(model, fields)
    return reason


def _said(error: ValidationError) -> list[tuple[str, str]]:
    return [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
