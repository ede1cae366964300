"""docs/performance.md shows the results that the repository holds."""

from __future__ import annotations

import pytest

from benchmarks import report, results


def test_page_shows_the_results_of_the_last_run() -> None:
    found = results.load()
    if found["quick"]:
        pytest.skip("results.json is of a quick run, which leaves the page as it is")
    assert report.markdown(found).strip() in report.PAGE.read_text(encoding="utf-8")
