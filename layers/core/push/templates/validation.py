"""Validates a template when it is stored, so that no request fails on it later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from push.errors import FieldError, InvalidRequestError
from push.templates.models import fill, texts
from push.templates.placeholders import FILTERS, is_json, placeholders_in
from push.templates.tracking import LONGEST_CHUNK, tracked, tracking_id
from wns.content import NotificationContent
from wns.errors import InvalidNotificationError
from wns.notification import Notification
from wns.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from push.templates.models import Template
    from push.templates.placeholders import Placeholder


LONG = 200
"""Length of a parameter that a template must have room for, in characters."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LONG_TEXT = "x" * LONG
_LONG_ADDRESS = "https://example.com/".ljust(LONG, "x")
# A placeholder may stand for a number, an address or a sound; one of these is valid for it.
_SAMPLES = ("1", _LONG_TEXT, _LONG_ADDRESS, "ms-winsoundevent:Notification.Default", "true")

_MAX_CHECKS = 100

Values = dict[str, str]


def validate_template(template: Template) -> None:
    """Check that a template renders valid notifications, whatever its parameters.

    Raises:
        InvalidRequestError: the default locale is missing, a placeholder is not valid or stands
            unescaped in a JSON text, no values of the placeholders render a valid notification, or
            values of 200 characters exceed a limit of WNS.
    """
    field_errors = list(_field_errors(template))
    if field_errors:
        raise InvalidRequestError(
            f"template '{template.template_id}' is not valid", tuple(field_errors)
        )


def _field_errors(template: Template) -> Iterator[FieldError]:
    if template.default_locale.lower() not in {tag.lower() for tag in template.locales}:
        yield FieldError("default_locale", f"'{template.default_locale}' is not in locales")
    bad = sorted({str(each) for each in _placeholders(template.locales) if not _is_valid(each)})
    for placeholder in bad:
        yield FieldError(
            "locales",
            f"'{placeholder}' is not a placeholder: use letters, digits and _, at most 64, then"
            " |json, |url, |plain or nothing",
        )
    if bad:
        return
    for locale, contents in template.locales.items():
        for kind, content in contents.items():
            where = f"locales.{locale}.{kind}"
            values = _fitting(kind, content, {each.name for each in _placeholders(content)})
            errors = _errors(kind, content, values)
            yield from (FieldError(f"{where}.{field}", message) for field, message in errors)
            if kind == "raw":
                yield from _json_errors(where, content)
            if not errors:
                yield from _sending_errors(template, where, kind, fill(content, values))


def _placeholders(content: Any) -> Iterator[Placeholder]:
    return (each for text in texts(content) for each in placeholders_in(text))


def _is_valid(placeholder: Placeholder) -> bool:
    named = _NAME.fullmatch(placeholder.name) is not None
    return named and placeholder.filter in {None, *FILTERS}


def _json_errors(where: str, content: Mapping[str, Any]) -> Iterator[FieldError]:
    """Refuse parameters that could break out of the JSON that a game receives."""
    text = content.get("text")
    if not isinstance(text, str) or not is_json(text):
        return
    plain = sorted({each.name for each in placeholders_in(text) if each.filter is None})
    for name in plain:
        yield FieldError(
            f"{where}.text",
            f"'${{{name}}}' stands in a JSON text: write '${{{name}|json}}', which escapes the"
            f" value, or '${{{name}|plain}}' to insert it as it is",
        )


def _fitting(kind: str, content: Any, names: set[str]) -> Values:
    """Return values that are valid for the placeholders, and long where long ones are.

    Each sample is tried for all placeholders at once, and for halves of them where that fails. Most
    placeholders stand for texts, so few checks are enough; their number is limited, so that the
    time grows with the size of the template only.

    some fields fail → give the placeholders in them the samples that are valid there
    no field fails   → give every placeholder the longest sample that is valid
    """
    values = dict.fromkeys(names, _SAMPLES[0])
    failing = _failing(kind, content, values)
    checks = 0
    for is_fixing in (True, False):
        for sample in _SAMPLES[1:]:
            groups = [sorted(name for name in names if values[name] == _SAMPLES[0])]
            while groups and checks < _MAX_CHECKS and is_fixing == bool(failing):
                group = groups.pop()
                checks += 1
                tried = values | dict.fromkeys(group, sample)
                still_failing = _failing(kind, content, tried)
                if still_failing < failing or not still_failing:
                    values, failing = tried, still_failing
                elif len(group) > 1 and not (is_fixing and failing <= still_failing):
                    half = len(group) // 2
                    groups += group[:half], group[half:]
    return values


def _failing(kind: str, content: Any, values: Values) -> frozenset[str]:
    return frozenset(field for field, _ in _errors(kind, content, values))


def _errors(kind: str, content: Any, values: Values) -> list[tuple[str, str]]:
    try:
        NotificationContent.model_validate({kind: fill(content, values)})
    except ValidationError as error:
        return [
            (".".join(str(part) for part in error["loc"][1:]), error["msg"])
            for error in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    return []


def _sending_errors(
    template: Template, where: str, kind: Any, content: Any
) -> Iterator[FieldError]:
    payload = NotificationContent.model_validate({kind: content}).payload
    if template.track and isinstance(payload, Toast):
        payload = tracked(payload, tracking_id("0" * 32, LONGEST_CHUNK), "&")
    try:
        Notification.of(payload, template.options.for_kind(kind))
    except InvalidNotificationError as error:
        yield FieldError(where, f"{error} (with parameters of {LONG} characters)")
