"""Content of notifications: payloads by kind, as JSON gives them."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wns._schema.fields import rule_error
from wns.badge import Badge
from wns.raw import Raw
from wns.tile import Tile
from wns.toast import Toast

Payload = Toast | Tile | Badge | Raw


class NotificationContent(BaseModel):
    """Content of a notification: exactly one of toast, tile, badge and raw."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,
        json_schema_extra={"minProperties": 1, "maxProperties": 1},
    )

    toast: Toast | None = Field(None, description="A message on the screen.")
    tile: Tile | None = Field(None, description="An update of the live tile (Windows 10).")
    badge: Badge | None = Field(None, description="A number or glyph on the game's icon.")
    raw: Raw | None = Field(None, description="Data for the running game.")

    @model_validator(mode="after")
    def _check_one_kind(self) -> Self:
        if len(self._given) != 1:
            raise rule_error("A notification must have exactly one of toast, tile, badge and raw.")
        return self

    @property
    def payload(self) -> Payload:
        """The one payload that is set."""
        return self._given[0]

    @property
    def _given(self) -> list[Payload]:
        kinds = (self.toast, self.tile, self.badge, self.raw)
        return [payload for payload in kinds if payload is not None]
