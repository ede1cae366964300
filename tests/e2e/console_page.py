"""pushctl's console on the laptop stack, in a real browser."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import requests

from local.demo.console import ART
from local.demo.scenario import APP
from pushctl.client.stack import Stack
from pushctl.console.routing import Console
from pushctl.console.server import ConsoleServer, pictures_in
from pushctl.console.versions import Versions
from tests.e2e.pushctl_cli import Pushctl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.stack.stack import LaptopStack
    from tests.e2e.browser import Browser, Element

TEXTS = """
return [...document.querySelectorAll(arguments[0])]
    .filter((element) => element.checkVisibility())
    .map((element) => element.innerText);
"""
MARK = """
const [text, selector] = arguments;
document.querySelectorAll("[data-found]").forEach((each) => each.removeAttribute("data-found"));
const found = [...document.querySelectorAll(selector)].find(
    (each) => each.checkVisibility() && [each.innerText.trim(), each.ariaLabel].includes(text));
found?.setAttribute("data-found", "");
return Boolean(found);
"""


@contextmanager
def running_console(stack: LaptopStack, folder: Path) -> Iterator[str]:
    """Serve the console of a stack; yields its address."""
    state = Pushctl.of(stack, folder).state_file
    with mock.patch.dict("os.environ", {"PUSHCTL_LOCAL_STATE": str(state)}):
        found = Stack.local("run")
    console = Console(found, Versions(folder / "versions"), pictures_in(ART))
    with ConsoleServer(console) as server:
        yield server.url


@dataclass
class ConsolePage:
    """The console in a browser, with the devices page's server at hand."""

    stack: LaptopStack
    browser: Browser
    url: str

    def open(self, *segments: str, query: str = "") -> None:
        """Open a view anew, as its address does."""
        self.browser.open("about:blank")
        self.browser.open(f"{self.url}#/{'/'.join(segments)}{query}")
        self.browser.one("main h1")

    def one(self, selector: str) -> Element:
        """Return the first element that fits and can be seen, as soon as there is one."""
        return self.browser.one(selector)

    def button(self, text: str, within: str = "body") -> Element:
        """Return a button by its text or its label."""
        self.browser.wait_until(
            lambda: self.browser.run(MARK, text, f"{within} button, {within} a.button"),
            f"there is a button {text}",
        )
        return self.one("[data-found]")

    def fill(self, selector: str, text: str) -> None:
        """Replace what is in a field, as typing does."""
        element = self.one(selector)
        element.clear()
        element.type(text)

    def wait_for(self, text: str, within: str = "main") -> None:
        """Wait until a text is shown."""
        self.browser.wait_until(
            lambda: any(text in each for each in self.texts(within)),
            f"{within} shows {text!r}; it shows {self.texts(within)}"[:600],
        )

    def texts(self, selector: str) -> list[str]:
        """Return what can be read in the elements that fit and can be seen now."""
        return list(self.browser.run(TEXTS, selector))

    def add_device(self, player: str, name: str) -> str:
        """Let a player's virtual device register; return its id."""
        return str(self.devices_call("", {"player": player, "name": name})["device_id"])

    def remove_device(self, device_id: str) -> None:
        self.devices_call(f"/{device_id}/remove", {})

    def put_template(self, template_id: str, content: dict[str, Any], version: int = 0) -> None:
        """Store a template as another operator would."""
        path = f"/apps/{APP}/templates/{template_id}"
        url = f"{self.stack.api_url}{path}"
        assert self.stack.operator.signed_request("PUT", url, content).ok, version

    def devices_call(self, path: str, body: object) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                f"{self.stack.devices_url}/api/devices{path}",
                json=body,
                headers={"Origin": self.stack.devices_url},
                timeout=30,
            )
        assert answer.ok, answer.text
        return dict(answer.json())
