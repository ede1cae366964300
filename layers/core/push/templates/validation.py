"""Validates a template when it is stored, so that no request fails on it later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from push.errors import FieldError, InvalidRequestError
from push.templates.models import fill
from wns.errors import InvalidNotificationError
from wns.notification import Notification, NotificationContent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.templates.models import Template


LONG = 200
"""Length of a parameter that a template must have room for, in characters."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LONG_TEXT = "x" * LONG
_LONG_ADDRESS = "https://example.com/".ljust(LONG, "x")
# A placeholder may stand for a number, an address or a sound; one of these is valid for it.
_SAMPLES = ("1", _LONG_TEXT, _LONG_ADDRESS, "ms-winsoundevent:Notification.Default", "true")

Values = dict[str, str]


def validate_template(template: Template) -> None:
    """Check that a template renders valid notifications, whatever its parameters.

    Raises:
        InvalidRequestError: the default locale is missing, a placeholder's name is not valid, no
            values of the placeholders render a valid notification, or values of 200 characters
            exceed a limit of WNS.
    """
    field_errors = list(_field_errors(template))
    if field_errors:
        raise InvalidRequestError(
            f"template '{template.template_id}' is not valid", tuple(field_errors)
        )


def _field_errors(template: Template) -> Iterator[FieldError]:
    if template.default_locale.lower() not in {tag.lower() for tag in template.locales}:
        yield FieldError("default_locale", f"'{template.default_locale}' is not in locales")
    bad_names = sorted(name for name in template.placeholders() if not _NAME.fullmatch(name))
    for name in bad_names:
        yield FieldError(
            "locales", f"'${{{name}}}' is not a placeholder: use letters, digits and _, at most 64"
        )
    if bad_names:
        return
    for locale, contents in template.locales.items():
        for kind, content in contents.items():
            where = f"locales.{locale}.{kind}"
            values = _fitting(kind, content, template.placeholders())
            errors = _errors(kind, content, values)
            yield from (FieldError(f"{where}.{field}", message) for field, message in errors)
            if not errors:
                yield from _sending_errors(template, where, kind, fill(content, values))


def _fitting(kind: str, content: Any, names: set[str]) -> Values:
    """Return values that are valid for the placeholders, the longest of the samples."""
    values = dict.fromkeys(names, _SAMPLES[0])
    fewest = len(_errors(kind, content, values))
    for name in sorted(names):
        for sample in _SAMPLES[1:]:
            errors = len(_errors(kind, content, values | {name: sample}))
            is_longer = len(sample) > len(values[name])
            if errors < fewest or (errors == fewest and is_longer):
                values[name], fewest = sample, errors
    return values


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
    try:
        Notification.of(payload, template.options.for_kind(kind))
    except InvalidNotificationError as error:
        yield FieldError(where, f"{error} (with parameters of {LONG} characters)")
