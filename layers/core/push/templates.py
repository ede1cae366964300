"""Templates: stored, localized texts of notifications that game events fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from boto3.dynamodb.conditions import Attr, Key
from pydantic import BaseModel, ConfigDict, Field

from push.errors import ConflictError, Flaw, InvalidRequestError, NotFoundError
from push.identifiers import Locale, ParameterValue, TemplateId
from push.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb.service_resource import Table

Kind = Literal["toast", "tile", "badge", "raw"]

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


class TemplateSettings(BaseModel):
    """What an operator writes: per locale the notifications to raise, with `${name}` where a
    parameter goes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    push_enabled: Annotated[
        bool,
        Field(description="Off: its notifications are recorded as suppressed and not sent"),
    ] = True
    default_locale: Annotated[
        Locale, Field(description="Serves players whose language has no texts here")
    ]
    options: Options = Options()
    locales: Annotated[
        dict[Locale, Annotated[dict[Kind, dict[str, Any]], Field(min_length=1)]],
        Field(
            min_length=1,
            description="Locale to notifications: toast, tile, badge and raw in any combination",
        ),
    ]


class Template(TemplateSettings):
    """A template: its id and what the operator wrote."""

    template_id: TemplateId
    version: Annotated[int, Field(description="Counts the times it was put")] = 0

    def locale_for(self, wanted: str | None) -> str:
        """Return the locale whose texts serve a player: `pt-BR`, else `pt`, else the default
        one."""
        tags = {tag.lower(): tag for tag in self.locales}
        parts = (wanted or "").lower().split("-")
        for length in range(len(parts), 0, -1):
            tag = tags.get("-".join(parts[:length]))
            if tag is not None:
                return tag
        return tags[self.default_locale.lower()]

    def placeholders(self) -> set[str]:
        """Return the names of every parameter that some locale needs."""
        return {name for text in _texts(self.locales) for name in _PLACEHOLDER.findall(text)}

    def check_parameters(self, parameters: Mapping[str, ParameterValue]) -> None:
        """Make sure that no text would be left with a hole.

        Raises:
            InvalidRequestError: a parameter is missing; names each.
        """
        missing = sorted(self.placeholders() - parameters.keys())
        if missing:
            flaws = tuple(Flaw(f"parameters.{name}", "is missing") for name in missing)
            raise InvalidRequestError(f"template '{self.template_id}' needs more parameters", flaws)


def fill(content: Any, parameters: Mapping[str, ParameterValue]) -> Any:
    """Return JSON content with each placeholder replaced; a value is never looked at for
    placeholders again."""
    match content:
        case str():
            return _PLACEHOLDER.sub(lambda found: str(parameters[found.group(1)]), content)
        case dict():
            return {key: fill(value, parameters) for key, value in content.items()}
        case list() | tuple():
            return [fill(value, parameters) for value in content]
        case _:
            return content


def _texts(content: Any) -> Iterator[str]:
    match content:
        case str():
            yield content
        case dict():
            for value in content.values():
                yield from _texts(value)
        case list() | tuple():
            for value in content:
                yield from _texts(value)


class Templates:
    """The templates in TemplatesTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, app_id: str, template_id: str) -> Template:
        """Return a template.

        Raises:
            NotFoundError: the app has no template of that id.
        """
        item = self._table.get_item(Key={"pk": app_id, "sk": template_id}).get("Item")
        if item is None:
            raise NotFoundError(f"app '{app_id}' has no template '{template_id}'")
        return _template(item)

    def put(self, app_id: str, template: Template, if_version: int | None = None) -> Template:
        """Store a template; return it with its version.

        Args:
            if_version: only in place of this version; 0: only if there is none yet.

        Raises:
            ConflictError: another version is stored.
        """
        text = template.model_dump_json(exclude_unset=True, exclude={"version"})
        condition = {
            None: Attr("pk").exists() | Attr("pk").not_exists(),
            0: Attr("pk").not_exists(),
        }.get(if_version, Attr("version").eq(if_version))
        try:
            stored = self._table.update_item(
                Key={"pk": app_id, "sk": template.template_id},
                UpdateExpression="SET #template = :text ADD version :one",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#template": "template"},
                ExpressionAttributeValues={":text": text, ":one": 1},
                ReturnValues="UPDATED_NEW",
            )["Attributes"]
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            raise ConflictError(
                f"template '{template.template_id}' is not at version {if_version} any more;"
                " get it again and put your change into that"
            ) from None
        return template.model_copy(update={"version": int(str(stored["version"]))})

    def delete(self, app_id: str, template_id: str) -> None:
        """Delete a template; that it is gone already is no error."""
        self._table.delete_item(Key={"pk": app_id, "sk": template_id})

    def of_app(self, app_id: str) -> Iterator[Template]:
        """Yield the app's templates."""
        query: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(app_id)}
        while True:
            page = self._table.query(**query)
            yield from map(_template, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _template(item: Mapping[str, Any]) -> Template:
    template = Template.model_validate_json(str(item["template"]))
    return template.model_copy(update={"version": int(item["version"])})
