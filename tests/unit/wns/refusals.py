"""Validation errors of payload models."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError


def refusals(model: type[BaseModel], fields: Any) -> list[tuple[str, str]]:
    """Return path and message of each validation error; JSON and Python input must fail alike."""
    with pytest.raises(ValidationError) as of_python:
        model.model_validate(fields)
    with pytest.raises(ValidationError) as of_json:
        model.model_validate_json(json.dumps(fields))
    found = _errors(of_python.value)
    assert [where for where, _ in found] == [where for where, _ in _errors(of_json.value)]
    return found


def refusal(model: type[BaseModel], fields: Any) -> str:
    """Return the message of the only validation error."""
    [(_, reason)] = refusals(model, fields)
    return reason


def _errors(error: ValidationError) -> list[tuple[str, str]]:
    return [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
