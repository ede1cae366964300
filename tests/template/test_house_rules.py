"""House rules: how large code may get, what the rooms hold, and which words texts do without."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = {"module": 260, "function": 60, "class": 150}
TABLES_OF_CONSTANTS = {"layers/core/wns/_schema/legacy_catalog.py"}
ROOMS_OF_PUSH = 14
SHOWN = 8

PLAIN_ENGLISH = {
    r"told as": "mapped to",
    r"sets? ?aside|setting aside": "dead-letter, dead-lettered",
    r"for ever": "indefinitely, without end",
    r"hear(s|d|ing)? of": "learn of, be notified of",
    r"no harm": "harmless",
    r"whichever way": "regardless of the source",
    r"under way": "in flight, in progress",
    r"what (becomes|became) of": "the outcome of, the result of",
    r"so many seconds": "the given number of seconds",
    r"that it is gone": "idempotent",
    r"com(e|es|ing) again|second coming": "is retried, is redelivered; redelivery",
    r"looked at": "checked, inspected, read",
    r"(tells?|told) (nobody|twice|again)": "notified twice, notified again",
    r"very moment": "concurrently",
    r"puts? off": "retry later, postpone",
    r"stands? against": "conflicts with",
    r"in spite of": "despite",
    r"the door": "on receipt, when it is accepted",
    r"ha(s|ve) no say": "is ignored",
    r"(if|unless) you mean it|unless meant": "set allow_repeat to send it anyway",
    r"not whole": "not valid",
    r"left alone|leaves? alone": "skipped, unchanged",
    r"lately": "recently",
    r"is no error": "idempotent",
    r"mend(s|ed)?": "fix",
    r"hopeless": "non-retryable",
    r"flaws?": "field error, problem",
    r"verdicts?": "outcome, status, result",
    r"announc(e|es|ed|ing|ement)": "publish, event",
}
"""Phrases that texts do without, as regular expressions, and what to write instead."""

WRITTEN = ("functions", "layers", "docs", "local", "pushctl", "tools")
WRITTEN_FILES = ("README.md", "template.yaml", "Makefile")
TEXT_SUFFIXES = {".py", ".md", ".json", ".yaml", ".sh", ".html", ".js", ".css"}


def deployed_modules() -> list[Path]:
    return sorted([*ROOT.glob("functions/**/*.py"), *ROOT.glob("layers/core/**/*.py")])


def relative(file: Path) -> str:
    return str(file.relative_to(ROOT))


def sizes() -> Iterator[tuple[str, int, str]]:
    """Yield kind, lines and place of every deployed module, function and class."""
    for file in deployed_modules():
        if relative(file) in TABLES_OF_CONSTANTS:
            continue
        text = file.read_text("utf-8")
        yield "module", len(text.splitlines()), relative(file)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield kind, lines, f"{relative(file)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("kind", LIMITS)
def test_code_is_short_enough_to_read_at_once(kind: str) -> None:
    found = sorted(((lines, place) for k, lines, place in sizes() if k == kind), reverse=True)
    print(*(f"{lines:4} {place}" for lines, place in found[:SHOWN]), sep="\n")  # noqa: T201
    assert found
    assert not [place for lines, place in found if lines > LIMITS[kind]], f"> {LIMITS[kind]} lines"


def test_every_table_of_constants_that_may_be_longer_exists() -> None:
    assert {relative(file) for file in deployed_modules()} >= TABLES_OF_CONSTANTS


def test_push_has_few_rooms() -> None:
    entries = [
        each.name for each in (ROOT / "layers/core/push").iterdir() if each.name != "__pycache__"
    ]
    assert len(entries) <= ROOMS_OF_PUSH, sorted(entries)


def texts() -> dict[str, str]:
    """Return everything that is written for readers of the product, by file."""
    files = [ROOT / name for name in WRITTEN_FILES]
    for folder in WRITTEN:
        files += [each for each in (ROOT / folder).rglob("*") if each.suffix in TEXT_SUFFIXES]
        files += (ROOT / folder).rglob("Makefile")
    return {relative(file): file.read_text("utf-8") for file in files}


def occurrences(phrase: str, text: str) -> list[int]:
    """Return the lines where a phrase begins, as words, in a name or across a line break."""
    words = phrase.replace(" ?", r"[\s#_]*").replace(" ", r"[\s#_]+")
    begins = r"(?-i:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"  # a word, also one inside CamelCase
    found = re.finditer(rf"{begins}({words})(?-i:(?![a-z]))", text, re.IGNORECASE)
    return [text.count("\n", 0, match.start()) + 1 for match in found]


@pytest.mark.parametrize("phrase", PLAIN_ENGLISH)
def test_texts_are_plain_english(phrase: str) -> None:
    hits = [
        f"{file}:{line}" for file, text in texts().items() for line in occurrences(phrase, text)
    ]
    assert not hits, f"instead of {phrase!r} write: {PLAIN_ENGLISH[phrase]}"


@pytest.mark.parametrize(
    ("phrase", "text", "lines"),
    [
        (r"told as", "a\nit is told\n    # as one", [2]),
        (r"sets? ?aside", "RequestsSetAside set_aside", [1, 1]),
        (r"mend(s|ed)?", "we recommend amended", []),
    ],
)
def test_phrase_is_found_in_names_and_across_lines(
    phrase: str, text: str, lines: list[int]
) -> None:
    assert occurrences(phrase, text) == lines
