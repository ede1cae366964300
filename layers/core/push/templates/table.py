"""The templates in TemplatesTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.aws.items import read_item, readable_items
from push.errors import ConflictError, NotFoundError
from push.templates.models import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from push.aws.table import Table


class Templates:
    """The templates in TemplatesTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def table(self) -> Table:
        """TemplatesTable."""
        return self._table

    @map_dynamodb_errors()
    def get(self, app_id: str, template_id: str) -> Template:
        """Return a template.

        Raises:
            NotFoundError: the app has no such template.
            UnreadableItemError: it is stored in a form that this version cannot read.
        """
        key = {"pk": app_id, "sk": template_id}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return self.of_item(app_id, template_id, item)

    def of_item(self, app_id: str, template_id: str, item: Mapping[str, Any] | None) -> Template:
        """Return the template that an item holds, None standing for no item; raise as `get`
        does."""
        if item is None:
            raise NotFoundError(f"app '{app_id}' has no template '{template_id}'")
        return read_item("template", item, _template)

    @map_dynamodb_errors()
    def put(self, app_id: str, template: Template, if_version: int | None = None) -> Template:
        """Store a template; return it with its version.

        Args:
            if_version: the version to replace; 0: create only. None: any.

        Raises:
            ConflictError: another version is stored.
        """
        text = template.model_dump_json(exclude_unset=True, exclude={"version"})
        condition: dict[str, str] = {}
        values: dict[str, Any] = {":text": text, ":one": 1}
        if if_version == 0:
            condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        elif if_version is not None:
            condition = {"ConditionExpression": "version = :expected"}
            values[":expected"] = if_version
        try:
            stored = self._table.update_item(
                Key={"pk": app_id, "sk": template.template_id},
                UpdateExpression="SET #template = :text ADD version :one",
                ExpressionAttributeNames={"#template": "template"},
                ExpressionAttributeValues=values,
                ReturnValues="UPDATED_NEW",
                **condition,
            )["Attributes"]
        except ConditionFailedError:
            raise ConflictError(
                f"template '{template.template_id}' is not at version {if_version} any more;"
                " get it again and apply your change to that"
            ) from None
        return template.model_copy(update={"version": int(str(stored["version"]))})

    @map_dynamodb_errors()
    def delete(self, app_id: str, template_id: str) -> None:
        """Delete a template. Idempotent."""
        self._table.delete_item(Key={"pk": app_id, "sk": template_id})

    def of_app(self, app_id: str) -> Iterator[Template]:
        """Yield the app's templates that can be read."""
        items = self._table.query_all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": app_id},
            ConsistentRead=True,
        )
        return readable_items("template", items, _template)


def _template(item: Mapping[str, Any]) -> Template:
    template = Template.model_validate_json(str(item["template"]), extra="ignore")
    return template.model_copy(update={"version": int(item["version"])})
