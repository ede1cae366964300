"""House rules for the kit: plain English, a status line in each sample, no logging."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.clients.kit import CLIENTS
from tests.clients.vectors import VECTORS
from tests.template.test_house_rules import PLAIN_ENGLISH, occurrences

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = sorted(
    path
    for path in CLIENTS.rglob("*")
    if path.suffix in {".cs", ".hpp", ".cpp", ".h", ".md", ".xml", ".json"}
)
CODE = {".cs", ".hpp", ".cpp", ".h"}
CORES = [CLIENTS / "csharp/WindowsPush.cs", CLIENTS / "cpp/windows_push.hpp"]


@pytest.mark.parametrize("phrase", PLAIN_ENGLISH)
def test_texts_are_plain_english(phrase: str) -> None:
    hits = [
        f"{path.name}:{line}"
        for path in SOURCES
        for line in occurrences(phrase, path.read_text("utf-8"))
    ]
    assert not hits, f"instead of {phrase!r} write: {PLAIN_ENGLISH[phrase]}"


def test_no_line_of_code_is_longer_than_130_characters() -> None:
    assert not [
        f"{path.name}:{number}"
        for path in SOURCES
        if path.suffix in CODE
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 130
    ]


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if "samples" in path.parts and path.suffix in CODE],
    ids=lambda path: path.name,
)
def test_sample_says_whether_it_was_compiled_here(path: Path) -> None:
    assert re.search(r"Compiled here.*; not run here", path.read_text("utf-8"))


@pytest.mark.parametrize("path", CORES, ids=lambda path: path.name)
def test_client_contains_no_logging(path: Path) -> None:
    pattern = r"Console\.|Debug\.|Trace\.|std::cout|std::cerr|printf\(std"
    assert not re.search(pattern, path.read_text("utf-8"))


def test_both_clients_have_the_same_limits() -> None:
    csharp, cpp = (path.read_text("utf-8") for path in CORES)
    for camel, snake in {
        "RenewAfterS": "renew_after_s",
        "RequestAgainAfterS": "request_again_after_s",
        "HeartbeatS": "heartbeat_s",
        "PresenceLifeS": "presence_life_s",
        "InteractionsKept": "interactions_kept",
        "InteractionsPerRequest": "interactions_per_request",
        "FirstPauseS": "first_pause_s",
        "LongestPauseS": "longest_pause_s",
        "LongestRetryAfterS": "longest_retry_after_s",
    }.items():
        (one,) = re.findall(rf"\b{camel} = (.+);", csharp)
        (other,) = re.findall(rf"\b{snake} = (.+);", cpp)
        assert one == other


def test_each_vector_is_named_after_its_file_and_states_a_rule() -> None:
    assert len(VECTORS) >= 12
    for name, vector in VECTORS.items():
        assert vector["name"] == name
        assert vector["rule"].endswith(".")
