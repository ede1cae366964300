"""A real browser for tests: Chromium behind chromedriver, spoken to in W3C WebDriver."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

WAIT_SECONDS = 15.0
CALL_SECONDS = 60.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
SHOWN = """
return [...(arguments[1] ?? document).querySelectorAll(arguments[0])]
    .filter((element) => element.checkVisibility());
"""
KEYS = {"Enter": "\ue007"}
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    # What slides in has no text to be read until it stands still.
    "--force-prefers-reduced-motion",
)


def missing() -> str | None:
    """What keeps the tests from running, in plain words; None where nothing does."""
    if _chromium() is None:
        return "there is no Chromium here: install the packages chromium and chromium-driver"
    if shutil.which("chromedriver") is None:
        return "there is no chromedriver here: install the package chromium-driver"
    return None


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


class BrowserError(AssertionError):
    """When the browser cannot do, or does not show in time, what a test asks for."""


class Element:
    """An element of the page, found by CSS selectors."""

    def __init__(self, browser: Browser, element_id: str) -> None:
        self._browser = browser
        self.reference = {ELEMENT: element_id}
        self._path = f"/element/{element_id}"

    @property
    def text(self) -> str:
        """What can be seen of its text."""
        return str(self._browser.call("GET", f"{self._path}/text"))

    @property
    def name(self) -> str:
        """What a screen reader calls it."""
        return str(self._browser.call("GET", f"{self._path}/computedlabel"))

    def click(self) -> None:
        """A click of the mouse, as a person would; fails where something covers the element."""
        self._browser.call("POST", f"{self._path}/click", {})

    def type(self, text: str) -> None:
        self._browser.call("POST", f"{self._path}/value", {"text": text})

    def clear(self) -> None:
        self._browser.call("POST", f"{self._path}/clear", {})

    def all(self, selector: str) -> list[Element]:
        """What fits and can be seen now."""
        return self._browser.shown(selector, self.reference)

    def one(self, selector: str) -> Element:
        """The first that fits and can be seen, as soon as there is one."""
        return self._browser.wait_for_one(selector, self.reference)


class Browser:
    """One window. Waiting is part of every look, with a deadline."""

    def __init__(self, session_url: str) -> None:
        self._url = session_url
        self._http = requests.Session()
        self._http.trust_env = False

    def open(self, url: str) -> None:
        self.call("POST", "/url", {"url": url})

    def all(self, selector: str) -> list[Element]:
        """What fits and can be seen now."""
        return self.shown(selector, None)

    def one(self, selector: str) -> Element:
        """The first that fits and can be seen, as soon as there is one."""
        return self.wait_for_one(selector, None)

    def run(self, script: str, *arguments: object) -> Any:
        """What the body of a function returns in the page."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other, wherever the focus is; `Enter` and single letters."""
        actions = [
            {"type": kind, "value": KEYS.get(key, key)}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.call("POST", "/actions", {"actions": [source]})

    def wait_until(self, predicate: Callable[[], Any], what: str) -> Any:
        """What `predicate` returns, as soon as it is true.

        Raises: BrowserError after `WAIT_SECONDS`.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not (found := predicate()):
            if time.monotonic() > deadline:
                raise BrowserError(f"not within {WAIT_SECONDS:g} s: {what}")
            time.sleep(0.05)
        return found

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Another size of the page, in CSS pixels, and light or dark."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._devtools("Emulation.setEmulatedMedia", {"features": [scheme]})

    def save_picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def console_errors(self) -> list[str]:
        """What the browser has complained about since the last time, such as refused scripts."""
        entries = self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def wait_for_one(self, selector: str, within: object) -> Element:
        found: list[Element] = self.wait_until(
            lambda: self.shown(selector, within), f"{selector} is shown"
        )
        return found[0]

    def shown(self, selector: str, within: object) -> list[Element]:
        found = self.run(SHOWN, selector, within)
        return [Element(self, each[ELEMENT]) for each in found]

    def call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, f"{self._url}{path}", json=body, timeout=CALL_SECONDS)
        value = answer.json()["value"]
        if not answer.ok:
            raise BrowserError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value

    @contextmanager
    def in_each_page(self, script: str) -> Iterator[None]:
        """Runs a script in each page that is opened meanwhile, before the page's own."""
        page = "ScriptToEvaluateOnNewDocument"
        added = self._devtools(f"Page.add{page}", {"source": script})
        yield
        self._devtools(f"Page.remove{page}", added)

    def _devtools(self, command: str, parameters: Mapping[str, object]) -> Any:
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A headless browser with an empty profile in `profile`; gone on leaving."""
    with subprocess.Popen(
        [str(shutil.which("chromedriver")), "--port=0"], stdout=subprocess.PIPE, text=True
    ) as driver:
        try:
            url = f"http://127.0.0.1:{_port(driver)}/session"
            options = {
                "binary": _chromium(),
                "args": [*OPTIONS, f"--user-data-dir={profile}", "--window-size=1280,1000"],
            }
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            with requests.Session() as http:
                http.trust_env = False
                made = http.post(
                    url, json={"capabilities": {"alwaysMatch": wanted}}, timeout=CALL_SECONDS
                ).json()["value"]
            if "sessionId" not in made:
                raise BrowserError(f"Chromium does not start: {made['message']}")
            browser = Browser(f"{url}/{made['sessionId']}")
            try:
                yield browser
            finally:
                browser.call("DELETE", "")
        finally:
            driver.terminate()


def _port(driver: subprocess.Popen[str]) -> int:
    if driver.stdout is not None:
        for line in driver.stdout:
            if started := re.search(r"started successfully on port (\d+)", line):
                return int(started[1])
    raise BrowserError("chromedriver does not start")
