"""Records of an export, one by one, however long, broken or hostile the file is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Format = Literal["anh", "sns", "csv"]
_LONGEST_LINE = 65_536
_JSON_DOCUMENT_BYTES = 200_000_000


class RejectedRecordError(Exception):
    """Raised for a record that is no channel of a player; its text holds no channel URI."""


class Record(NamedTuple):
    """A record: its number from 1 (a line's where the file has lines), and its text or object, None
    with the reason why it has none."""

    number: int
    content: Any
    problem: str | None = None


def read_records(file: Path, format_: Format) -> Iterator[Record]:
    """Yield the records of an export in order: always the same ones for the same file.

    A line of CSV or JSON or XML is a record. SNS's own lists, which are one document over many
    lines, have a record per endpoint.
    """
    if format_ == "sns" and (document := _whole_document(file)) is not None:
        yield from _endpoints(document)
        return
    for number, line in _lines(file):
        if line is None:
            yield Record(number, None, f"the line is longer than {_LONGEST_LINE:,} bytes")
            continue
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            yield Record(number, None, "the line is not UTF-8")
            continue
        if not text:
            continue
        if format_ == "csv" or text.startswith("<"):
            yield Record(number, text)
            continue
        try:
            yield Record(number, json.loads(text))
        except (ValueError, RecursionError):
            yield Record(number, None, "the line is not JSON")


def _lines(file: Path) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and bytes of each line, None for one that is too long."""
    with file.open("rb") as opened:
        number = 0
        while line := opened.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) <= _LONGEST_LINE:
                yield number, line
                continue
            while not line.endswith(b"\n") and (line := opened.readline(_LONGEST_LINE)):
                pass
            yield number, None


def _whole_document(file: Path) -> Any:
    """Return what a file holds if it is one JSON document over several lines, else None."""
    with file.open("rb") as opened:
        first = opened.readline(_LONGEST_LINE).strip()
    try:
        parsed = json.loads(first.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        parsed = None
    if parsed is not None and not _is_list_of_endpoints(parsed):
        return None  # JSON lines
    if file.stat().st_size > _JSON_DOCUMENT_BYTES:
        return None
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _is_list_of_endpoints(document: Any) -> bool:
    return isinstance(document, list) or (isinstance(document, dict) and "Endpoints" in document)


def _endpoints(document: Any) -> Iterator[Record]:
    endpoints = document.get("Endpoints") if isinstance(document, dict) else document
    if not isinstance(endpoints, list):
        yield Record(1, None, "the document has no list of Endpoints")
        return
    for number, endpoint in enumerate(endpoints, 1):
        yield Record(number, endpoint)
