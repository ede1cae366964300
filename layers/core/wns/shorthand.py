"""How JSON is read where it may be short, or one of several things."""

from collections.abc import Callable, Mapping

from pydantic import Discriminator


def short_for(field: str) -> Callable[[object], object]:
    """For a `BeforeValidator`: a bare string stands for an object with only this field."""
    return lambda value: {field: value} if isinstance(value, str) else value


def told_by(*keys: str, sentence: str) -> Discriminator:
    """Tells the members of a union apart by the key that only one of them has, its `Tag`.

    A bare string is a text. `sentence` tells people what there is to choose from.
    """

    def key_of(value: object) -> str | None:
        if isinstance(value, str):
            return "text"
        if isinstance(value, Mapping):
            return next((key for key in keys if key in value), None)
        return next((key for key in keys if hasattr(value, key)), None)

    return Discriminator(
        key_of, custom_error_type="notification_rule", custom_error_message=sentence
    )
