"""Templates: stored, localized content that a request's parameters fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from push.errors import FieldError, InvalidRequestError
from push.identifiers import Locale, ParameterValue, TemplateId
from push.templates.placeholders import fill_text, placeholders_in
from wns.notification import NotificationOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Options(NotificationOptions):
    """How a notification is delivered. An option that is not set falls back to the template's, then
    the app's."""

    skip_players_in_game: bool | None = Field(
        None, description="Whether players who are in the game are skipped."
    )
    on_doubt: Literal["resend", "leave"] | None = Field(
        None,
        description="What is done for a device whose send has no known result, because WNS's"
        " response was lost or a worker was ended: resend, so that a copy may arrive (default of"
        " toasts, tiles and badges, where it replaces the original), or leave, with the outcome"
        " unknown (default of raw notifications, which the game acts on).",
    )


def merge(*layers: NotificationOptions | None) -> Options:
    """Return the effective options: each layer overrides those before it."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged |= layer.model_dump(exclude_none=True) if layer else {}
    return Options.model_validate(merged)


Kind = Literal["toast", "tile", "badge", "raw"]


class TemplateSettings(BaseModel):
    """The content of a template: the notifications per locale, with `${name}` for parameters, or
    `${name|json}` in JSON texts, `${name|url}` in addresses and launch strings."""

    # Built when an operator puts a template.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    push_enabled: Annotated[
        bool,
        Field(description="If false, its notifications are recorded as suppressed and not sent"),
    ] = True
    default_locale: Annotated[
        Locale, Field(description="For players whose language is not in `locales`")
    ]
    options: Options = Options()
    track: Annotated[
        bool | None,
        Field(
            description="Whether its toasts carry the argument with which the game reports what the"
            " player did; the app's setting if omitted"
        ),
    ] = None
    locales: Annotated[
        dict[Locale, Annotated[dict[Kind, dict[str, Any]], Field(min_length=1)]],
        Field(
            min_length=1,
            description="Notifications by locale: toast, tile, badge and raw in any combination",
        ),
    ]


class Template(TemplateSettings):
    """A template: its id, version and content."""

    model_config = ConfigDict(defer_build=False)

    template_id: TemplateId
    version: Annotated[int, Field(description="Incremented by each PUT")] = 0

    def locale_for(self, wanted: str | None) -> str:
        """Return the locale for a player: `pt-BR`, else `pt`, else the default one."""
        tags = {tag.lower(): tag for tag in self.locales}
        parts = (wanted or "").lower().split("-")
        for length in range(len(parts), 0, -1):
            tag = tags.get("-".join(parts[:length]))
            if tag is not None:
                return tag
        return tags[self.default_locale.lower()]

    def placeholders(self) -> set[str]:
        """Return the names of the parameters of all locales."""
        return {each.name for text in texts(self.locales) for each in placeholders_in(text)}

    def check_parameters(self, parameters: Mapping[str, ParameterValue]) -> None:
        """Check that every placeholder has a parameter.

        Raises:
            InvalidRequestError: parameters are missing; the error names each.
        """
        missing = sorted(self.placeholders() - parameters.keys())
        if missing:
            field_errors = tuple(FieldError(f"parameters.{name}", "is missing") for name in missing)
            raise InvalidRequestError(
                f"template '{self.template_id}' needs more parameters", field_errors
            )


def fill(content: Any, parameters: Mapping[str, ParameterValue]) -> Any:
    """Return JSON content with each placeholder replaced. Placeholders in values are not."""
    match content:
        case str():
            return fill_text(content, parameters)
        case dict():
            return {key: fill(value, parameters) for key, value in content.items()}
        case list() | tuple():
            return [fill(value, parameters) for value in content]
        case _:
            return content


def texts(content: Any) -> Iterator[str]:
    """Yield the texts of JSON content."""
    match content:
        case str():
            yield content
        case dict():
            for value in content.values():
                yield from texts(value)
        case list() | tuple():
            for value in content:
                yield from texts(value)
