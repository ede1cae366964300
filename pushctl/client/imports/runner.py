"""Runs an import: batch by batch, several records at a time, in an order that has one result."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from push.channels.models import CHANNEL_LIFE_S
from pushctl.client.apps import get_app
from pushctl.client.aws import map_aws_errors
from pushctl.client.errors import RefusedError
from pushctl.client.imports.channel_import import ChannelImport
from pushctl.client.imports.progress import Counts, Progress, Reject, import_id
from pushctl.client.imports.records import Format, RejectedRecordError, read_records
from pushctl.client.imports.rows import RowReader
from wns.channel_uri import channel_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pushctl.client.imports.channel_import import Result
    from pushctl.client.imports.records import Record
    from pushctl.client.imports.rows import Row
    from pushctl.client.stack import Stack

BATCH = 200
_WORKERS = 8


class ImportSettings(BaseModel):
    """What is imported, and how it is read. `exported_at` is epoch seconds."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    format: Format
    exported_at: int
    player_tag: str = "user:"
    topic_tag: str | None = None


class ImportReport(BaseModel):
    """The result of an import; the rejects are in a file beside the export."""

    model_config = ConfigDict(frozen=True)

    counts: Counts
    rejects_file: str
    resumed_at: int
    reasons: dict[str, int] = {}


class Writer(Protocol):
    """What stores a row."""

    def write(self, row: Row) -> Result:
        """Store a row; raises RejectedRecordError if it may not be."""


class _Outcome(NamedTuple):
    record: int
    result: Result | None
    reason: str = ""


def import_channels(
    stack: Stack,
    export: Path,
    settings: ImportSettings,
    *,
    restart: bool = False,
    progress: Callable[[Counts], None] = lambda counts: None,
) -> ImportReport:
    """Import the channels of an export; go on where an earlier try was interrupted.

    Raises:
        NotFoundError: the app does not exist.
        RefusedError: the export was made more than 30 days ago, so that all channels have expired.
        UnavailableError: AWS failed; what is done is saved, the same call goes on.
    """
    now = int(time.time())
    get_app(stack, settings.app_id)
    if not export.is_file():
        raise RefusedError(f"{export} is not a file")
    if settings.exported_at > now + 24 * 3600:
        raise RefusedError("the export's date is in the future")
    if settings.exported_at + CHANNEL_LIFE_S <= now:
        raise RefusedError(
            "the export is more than 30 days old: Windows has let all of its channels expire, and"
            " the game registers new ones"
        )
    known = import_id(export, settings.model_dump() | {"stack": stack.name})
    saved = Progress.open(export, known, restart=restart)

    def make_writer() -> Writer:
        return ChannelImport.of(stack, settings.app_id, now)

    with map_aws_errors("import channels"):
        return run_import(export, settings, saved, make_writer, now=now, progress=progress)


def run_import(
    export: Path,
    settings: ImportSettings,
    saved: Progress,
    make_writer: Callable[[], Writer],
    *,
    now: int,
    progress: Callable[[Counts], None] = lambda counts: None,
) -> ImportReport:
    """Import an export from where `saved` is. `make_writer` is called once per thread."""
    own = threading.local()

    def prepare() -> None:
        own.writer = make_writer()

    def write(row: Row) -> _Outcome:
        try:
            return _Outcome(row.number, own.writer.write(row))
        except RejectedRecordError as rejected:
            return _Outcome(row.number, None, str(rejected))

    reader = RowReader(
        settings.format, settings.exported_at, now, settings.player_tag, settings.topic_tag
    )
    resumed_at = saved.counts.records
    reasons: dict[str, int] = {}
    with ThreadPoolExecutor(_WORKERS, initializer=prepare) as pool:
        for batch in _batches(_data(export, settings.format, reader), skip=resumed_at):
            outcomes = _write_batch(batch, reader, lambda rows: list(pool.map(write, rows)))
            rejects = [
                Reject(record=o.record, reason=o.reason) for o in outcomes if o.result is None
            ]
            for each in rejects:
                reasons[each.reason] = reasons.get(each.reason, 0) + 1
            saved.save(_added(saved.counts, outcomes), rejects)
            progress(saved.counts)
    saved.save(saved.counts, (), is_done=True)
    return ImportReport(
        counts=saved.counts,
        rejects_file=str(saved.rejects_file),
        resumed_at=resumed_at,
        reasons=dict(sorted(reasons.items(), key=lambda each: -each[1])),
    )


def _data(export: Path, format_: Format, reader: RowReader) -> Iterator[Record]:
    """Yield the records that are not the header."""
    for record in read_records(export, format_):
        try:
            if not reader.is_header(record):
                yield record
        except RejectedRecordError as error:
            raise RefusedError(f"{export.name}: {error}") from None


def _batches(records: Iterable[Record], *, skip: int) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for number, record in enumerate(records):
        if number < skip:
            continue
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write_batch(
    batch: Sequence[Record], reader: RowReader, write: Callable[[list[Row]], list[_Outcome]]
) -> list[_Outcome]:
    """Return the outcome of each record, in order."""
    outcomes: list[_Outcome] = []
    rows: list[Row] = []
    for record in batch:
        try:
            rows.append(reader.read(record))
        except RejectedRecordError as rejected:
            outcomes.append(_Outcome(record.number, None, str(rejected)))
    for wave in _waves(rows):
        outcomes += write(wave)
    return sorted(outcomes, key=lambda each: each.record)


def _waves(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield rows that may be written at a time: those that name the same player or channel follow
    one another in the file's order, so that the result is always the same."""
    rest = list(rows)
    while rest:
        wave: list[Row] = []
        later: list[Row] = []
        taken: set[str] = set()
        for row in rest:
            keys = {f"player {row.player_id}", channel_identity(row.registration.channel_uri)}
            (later if keys & taken else wave).append(row)
            taken |= keys
        yield wave
        rest = later


def _added(counts: Counts, outcomes: Sequence[_Outcome]) -> Counts:
    return Counts(
        records=counts.records + len(outcomes),
        imported=counts.imported + sum(each.result == "imported" for each in outcomes),
        kept=counts.kept + sum(each.result == "kept" for each in outcomes),
        rejected=counts.rejected + sum(each.result is None for each in outcomes),
    )
