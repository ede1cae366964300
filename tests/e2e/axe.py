"""axe-core, from npm as requirements/axe locks it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from local.stack.build import ROOT

if TYPE_CHECKING:
    from tests.e2e.browser import Browser

CODE = ROOT / ".tools/axe/node_modules/axe-core/axe.min.js"
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
    ({violations}) => done(violations.map(({id, nodes}) =>
        `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`)),
    (error) => done([String(error)]));
"""


def axe_code() -> str:
    """Return the source of axe-core; skips the test where there is no npm to install it."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here, which installs axe-core")
    subprocess.run(["sh", "tools/setup.sh", "axe"], cwd=ROOT, check=True)  # noqa: S607
    return CODE.read_text("utf-8")


def violations(browser: Browser, code: str) -> list[str]:
    """Return what axe-core finds wrong with the page as it is now."""
    if not browser.run("return Boolean(window.axe)"):
        browser.run(code)
    found: list[Any] = browser.call("POST", "/execute/async", {"script": RUN, "args": []})
    return [str(each) for each in found]
