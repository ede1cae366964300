"""What a record of an export means: a device's channel, or the reason why it is none."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from push.channels.models import CHANNEL_LIFE_S, Registration
from push.identifiers import DeviceId, PlayerId
from pushctl.client.imports.exports import of_endpoint, of_installation, of_xml
from pushctl.client.imports.records import RejectedRecordError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pushctl.client.imports.records import Format, Record

COLUMNS = (
    "player", "device", "channel_uri", "locale", "topics", "time_zone", "app_version", "renewed_at"
)  # fmt: skip
_PLAYER: TypeAdapter[str] = TypeAdapter(PlayerId)
_DEVICE: TypeAdapter[str] = TypeAdapter(DeviceId)
_USER_TAG = re.compile(r"\$UserId:\{(.+)\}", re.IGNORECASE)
_INSTALLATION_TAG = re.compile(r"\$InstallationId:\{(.+)\}", re.IGNORECASE)
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A channel to import. `renewed_at` is epoch seconds: when it was surely a channel."""

    number: int
    player_id: str
    device_id: str
    registration: Registration
    renewed_at: int

    @property
    def expires_at(self) -> int:
        """When Windows lets the channel expire, in epoch seconds."""
        return self.renewed_at + CHANNEL_LIFE_S


@dataclass(slots=True)
class RowReader:
    """Reads records of one format.

    Attributes:
        exported_at: epoch seconds.
        now: epoch seconds.
        player_tag: how the tag begins that names the player, in exports of Notification Hubs.
        topic_tag: how tags begin that name topics; None: none do.
    """

    format: Format
    exported_at: int
    now: int
    player_tag: str = "user:"
    topic_tag: str | None = None
    _columns: tuple[str, ...] | None = field(default=None, init=False)

    def is_header(self, record: Record) -> bool:
        """Return whether a record is the header of a CSV file, which names the columns.

        Raises:
            RejectedRecordError: it names no column for the player, or for the channel URI.
        """
        if self.format != "csv" or self._columns is not None:
            return False
        cells = tuple(each.strip().lower() for each in _cells(str(record.content)))
        unknown = [each for each in cells if each not in COLUMNS]
        if unknown or not {"player", "channel_uri"} <= set(cells):
            raise RejectedRecordError(
                f"the first line must name the columns, of {', '.join(COLUMNS)}; player and"
                " channel_uri must be there"
            )
        self._columns = cells
        return True

    def read(self, record: Record) -> Row:
        """Return the channel of a record.

        Raises:
            RejectedRecordError: it is none, or it has expired.
        """
        if record.problem is not None:
            raise RejectedRecordError(record.problem)
        match self.format:
            case "csv":
                fields = self._of_csv(str(record.content))
            case "anh":
                fields = self._of_hub(record.content)
            case "sns":
                fields = of_endpoint(record.content)
        return self._row(record.number, fields)

    def _row(self, number: int, fields: dict[str, Any]) -> Row:
        try:
            player_id = _PLAYER.validate_python(fields.pop("player", None))
        except ValidationError:
            raise RejectedRecordError("no player: 1 to 255 printable ASCII characters") from None
        device = fields.pop("device", None) or f"import-{_short_hash(str(fields['channel_uri']))}"
        try:
            device_id = _DEVICE.validate_python(device)
        except ValidationError:
            device_id = f"import-{_short_hash(str(device))}"
        renewed_at = min(
            _time_of(fields.pop("renewed_at", None), self.exported_at), self.exported_at
        )
        given = {name: value for name, value in fields.items() if value is not None and value != ""}
        try:
            registration = Registration.model_validate(given)
        except ValidationError as error:
            raise RejectedRecordError(_sentence(error)) from None
        except TypeError:
            raise RejectedRecordError("a field has the wrong type") from None
        row = Row(number, player_id, device_id, registration, renewed_at)
        if row.expires_at <= self.now:
            raise RejectedRecordError("the channel has expired: Windows gives it for 30 days")
        return row

    def _of_csv(self, text: str) -> dict[str, Any]:
        cells = _cells(text)
        columns = self._columns or COLUMNS
        if len(cells) > len(columns):
            raise RejectedRecordError(f"the line has {len(cells)} cells for {len(columns)} columns")
        fields: dict[str, Any] = dict(zip(columns, (each.strip() for each in cells), strict=False))
        fields.setdefault("channel_uri", "")
        if fields.get("topics"):
            fields["topics"] = tuple(fields["topics"].replace(";", " ").split())
        return fields

    def _of_hub(self, content: Any) -> dict[str, Any]:
        entry = of_xml(content) if isinstance(content, str) else of_installation(content)
        tags = [tag.strip() for tag in entry.pop("tags") if isinstance(tag, str) and tag.strip()]
        player, device = entry["player"], entry["device"]
        topics = []
        for tag in tags:
            if found := _USER_TAG.fullmatch(tag):
                player = player or found.group(1)
            elif found := _INSTALLATION_TAG.fullmatch(tag):
                device = found.group(1)
            elif tag.lower().startswith(self.player_tag.lower()):
                player = player or tag[len(self.player_tag) :]
            elif self.topic_tag is not None and tag.startswith(self.topic_tag):
                topics.append(tag[len(self.topic_tag) :])
        return entry | {"player": player, "device": device, "topics": tuple(topics) or None}


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        raise RejectedRecordError("the line is not CSV") from None


def _time_of(value: Any, default: int) -> int:
    """Return a time in epoch seconds, `default` if there is none.

    Raises:
        RejectedRecordError: it is no date.
    """
    if value is None or value == "":
        return default
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise RejectedRecordError("renewed_at is no date such as 2026-11-20T08:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return int(min(moment, _NEVER).timestamp())
    except (OverflowError, ValueError):
        raise RejectedRecordError("renewed_at is out of range") from None


def _sentence(error: ValidationError) -> str:
    found: Iterable[Any] = error.errors(
        include_url=False, include_input=False, include_context=False
    )
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {str(each['msg']).removeprefix('Value error, ')}"
        for each in list(found)[:3]
    )


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
