"""Rules that payload fields keep: the sentence is for the caller, the form for the JSON Schema."""

import re
from collections.abc import Callable, Collection, Mapping, Sized
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def broken(sentence: str) -> PydanticCustomError:
    """The error of a value that breaks a rule; the sentence says what is wrong and what to do."""
    return PydanticCustomError("notification_rule", sentence)


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """In an `Annotated`: `check` runs on the valid value, `form` shows the rule in JSON Schema."""

    check: Callable[[Any], Any]
    form: Mapping[str, Any]

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core), **self.form}


def at_most(limit: int, what: str) -> Rule:
    """No more than `limit` items, which the error calls `what`."""

    def check(items: Sized) -> Sized:
        refuse_more_than(limit, what, len(items))
        return items

    return Rule(check, {"maxItems": limit})


def at_least_one(what: str) -> Rule:
    """One item or more, which the error calls `what`."""

    def check(items: Sized) -> Sized:
        if not items:
            raise broken(f"At least one {what} is needed.")
        return items

    return Rule(check, {"minItems": 1})


def not_empty() -> Rule:
    """A string of one character or more."""

    def check(value: str) -> str:
        if not value:
            raise broken("An empty string is not allowed here.")
        return value

    return Rule(check, {"minLength": 1})


def matching(pattern: str, sentence: str) -> Rule:
    """A string that matches `pattern` whole; `sentence` tells people what that means."""
    whole = re.compile(pattern)

    def check(value: str) -> str:
        if whole.fullmatch(value) is None:
            raise broken(sentence)
        return value

    return Rule(check, {"pattern": f"^(?:{pattern})$"})


def one_of(names: Collection[str], sentence: str) -> Rule:
    """One of `names`; `sentence` tells people where they come from."""

    def check(value: str) -> str:
        if value not in names:
            raise broken(sentence)
        return value

    return Rule(check, {"enum": list(names)})


def refuse_more_than(limit: int, what: str, count: int) -> None:
    if count > limit:
        raise broken(f"At most {limit} {what} are allowed, not {count}.")
