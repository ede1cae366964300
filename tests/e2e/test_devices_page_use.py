"""The devices page is good to use: its keys, errors, log, layout and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.demo.scenario import DEVICE, PACKAGE_SID
from tests.e2e.browser import Browser, missing, open_browser
from tests.e2e.test_devices_page import call, device, wait_for_line, wait_for_notifications

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import LaptopStack

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

PC = "zoes-pc"
BOX = """
const box = arguments[0].getBoundingClientRect();
return [box.left, box.top, box.right, box.bottom];
"""
EDGES = """
const pc = document.querySelector(`[data-device=${arguments[0]}]`);
if (!pc.querySelector(".popups .toast input")) return null;
const edge = (selector) => pc.querySelector(selector).getBoundingClientRect();
const toasts = [...pc.querySelectorAll(".popups .toast")];
const tops = toasts.map((toast) => toast.getBoundingClientRect().top);
return [Math.min(...tops), edge(".tile").bottom, edge(".tile").right, edge(".screen").right];
"""
HEIGHTS = """
const lines = [...arguments[0].children].map((line) => line.offsetHeight);
return [arguments[0].clientHeight, ...lines];
"""


@pytest.fixture(scope="module")
def page(stack: LaptopStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The page with one device."""
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        browser.resize(1280, 1000)
        call(stack, "/api/devices", {"player": "zoe", "name": "Zoe's PC"})
        browser.open(stack.devices_url)
        device(browser, PC)
        yield browser
        call(stack, f"/api/devices/{PC}/remove")


@pytest.fixture(autouse=True)
def clean(stack: LaptopStack, page: Browser) -> None:
    """Begin with nothing on the device's screen."""
    call(stack, f"/api/devices/{PC}/play", {"game": "background"})
    call(stack, f"/api/devices/{PC}/dismiss")
    page.wait_until(lambda: not page.all(".popups .toast"), "no toast is left")


def challenge(stack: LaptopStack, player: str = "zoe", **parameters: str) -> dict[str, Any]:
    body = {"sample": "challenge.received", "player": player, "parameters": parameters}
    return call(stack, "/api/send", body)


def box(page: Browser, selector: str, within: str = f"[data-device={PC}]") -> list[float]:
    found: list[float] = page.run(BOX, page.one(within).one(selector).reference)
    return found


def test_enter_in_a_reply_sends_it_and_opens_nothing(stack: LaptopStack, page: Browser) -> None:
    challenge(stack)
    pc = device(page, PC)
    page.run("arguments[0].focus()", pc.one(".popups .toast input").reference)
    page.press("o", "k", "Enter")
    wait_for_line(page, PC, 'with reply = "ok"')
    assert not pc.all(".centre")
    page.press("Enter")
    assert not pc.all(".centre")


def test_success_takes_away_the_error_before_it(page: Browser, stack: LaptopStack) -> None:
    page.run("document.querySelector('.own').open = true")
    text = page.one(".own textarea")
    for given in ('{"toast": 5}', '{"badge": {"value": 7}}'):
        text.clear()
        text.type(given)
        page.one(".own .button.accent").click()
        if "toast" in given:
            assert "answers 422" in page.one("#problem").text
            assert not page.one(".own-send").all("a")
    page.one(".own-send a")
    assert not page.all("#problem")
    page.run("document.querySelector('.own').open = false")


def test_error_is_not_taken_away_by_what_the_page_does_by_itself(
    stack: LaptopStack, page: Browser
) -> None:
    page.run("document.querySelector('.own').open = true")
    page.one(".own textarea").clear()
    page.one(".own textarea").type('{"toast": 5}')
    page.one(".own .button.accent").click()
    page.one("#problem")
    challenge(stack)
    wait_for_notifications(page, PC, 1)
    assert page.all("#problem")
    page.run("document.querySelector('.own').open = false; problem.hidden = true")


def test_game_in_front_shows_its_toast_itself(stack: LaptopStack, page: Browser) -> None:
    call(stack, f"/api/devices/{PC}/play", {"game": "front"})
    challenge(stack, challenger="Kim")
    wait_for_line(page, PC, "it cancels the toast and shows it itself: Kim challenges you")
    pc = device(page, PC)
    assert "Kim challenges you" in pc.one(".chat").text
    assert not pc.all(".popups .toast")
    wait_for_notifications(page, PC, 0)


@pytest.mark.parametrize("size", ["small", "medium", "wide", "large"])
@pytest.mark.parametrize("width", [1280, 400])
def test_no_toast_covers_the_tile(stack: LaptopStack, page: Browser, size: str, width: int) -> None:
    page.resize(width, 1000)
    call(stack, f"/api/devices/{PC}/pin", {"size": size})
    call(stack, "/api/send", {"sample": "high-score.beaten", "player": "zoe"})
    challenge(stack)
    page.wait_until(lambda: device(page, PC).all(f".tile-{size}"), f"the tile is {size}")
    # In one script: a page that is drawn anew between two would have other elements.
    top, bottom, right, end = page.wait_until(lambda: page.run(EDGES, PC), "a tall toast is shown")
    assert top >= bottom
    assert right <= end
    page.resize(1280, 1000)


def test_tile_stands_out_from_a_dark_wallpaper(page: Browser) -> None:
    page.resize(1280, 1000, dark=True)
    shadow = page.run(
        "return getComputedStyle(arguments[0]).boxShadow", device(page, PC).one(".tile").reference
    )
    assert "rgba(255, 255, 255, 0.28) 0px 0px 0px 1px" in shadow
    page.resize(1280, 1000)


def test_history_shows_whole_lines(page: Browser) -> None:
    heights = page.run(HEIGHTS, device(page, PC).one(".lines").reference)
    assert len(heights) > 2
    assert [each % 18 for each in heights] == [0] * len(heights)


def test_log_has_seconds_a_mark_to_open_it_and_whole_words(
    stack: LaptopStack, page: Browser
) -> None:
    stack.wns.put_app(package_sid=f"{PACKAGE_SID[:-3]}999", client_secret="another")
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": stack.wns_proxy_url}
        refused = session.post(
            "https://login.live.com/accesstoken.srf",
            data={
                "grant_type": "client_credentials",
                "client_id": f"{PACKAGE_SID[:-3]}999",
                "client_secret": "wrong",
                "scope": "notify.windows.com",
            },
            verify=str(stack.ca_file),
            timeout=10,
        )
    assert refused.status_code >= 400
    entry = page.one("[data-outcome=invalid_client]")
    time, what, outcome, why = (
        entry.one(each).text for each in ("time", ".log-what", ".log-outcome", ".log-why")
    )
    assert len(time.split(":")) == 3
    assert (what, outcome) == ("access token", "invalid_client")
    assert why
    within = "[data-outcome=invalid_client]"
    assert box(page, ".log-outcome", within)[2] < box(page, ".log-why", within)[0]
    assert box(page, ".log-what", within)[3] - box(page, ".log-what", within)[1] < 22
    for cell in (".log-what", ".log-outcome"):
        fits = "return arguments[0].scrollWidth <= arguments[0].clientWidth"
        assert page.run(fits, entry.one(cell).reference), cell
    assert entry.all("summary .icon")


def test_log_shows_xml_an_element_a_line(stack: LaptopStack, page: Browser) -> None:
    challenge(stack, challenger="a > b")
    wait_for_notifications(page, PC, 1)
    found = "return [...document.querySelectorAll('#log pre')].map((one) => one.textContent)"
    bodies = page.run(found)
    toast = next(one for one in bodies if one.startswith("<toast") and "a &gt; b" in one)
    lines = toast.splitlines()
    assert lines[1:4] == ["  <visual>", '    <binding template="ToastGeneric">', lines[3]]
    assert lines[3] == "      <text>a &gt; b challenges you</text>"
    assert lines[-1] == "</toast>"


def test_writing_ones_own_has_the_width_of_the_page(page: Browser) -> None:
    page.run("document.querySelector('.own').open = true")
    left, _, right, _ = box(page, "textarea", ".own")
    assert right - left > 600
    page.run("document.querySelector('.own').open = false")


@pytest.mark.parametrize("width", [1280, 400])
def test_result_moves_nothing_and_leads_to_the_record(page: Browser, width: int) -> None:
    page.resize(width, 1000)
    page.run("document.querySelector('#send .sent-status').replaceChildren()")
    before = page.run("return document.querySelector('.samples').offsetTop")
    page.one("[data-sample='challenge.received']").click()
    link = page.one("#send .record-link")
    assert page.run("return document.querySelector('.samples').offsetTop") == before
    link.click()
    record = page.one("#record")
    page.wait_until(lambda: "completed" in record.text, "the record says completed")
    assert "zoe zoes-pc toast delivered" in record.text.replace("\n", " ")
    assert page.run("return document.documentElement.scrollWidth - innerWidth") <= 0
    record.one("button").click()
    page.wait_until(lambda: not page.all("#record"), "the record is closed")
    page.resize(1280, 1000)


def test_record_has_an_address_of_its_own(stack: LaptopStack, page: Browser) -> None:
    sent = challenge(stack)
    page.run("location.hash = `#notification=${arguments[0]}`", sent["id"])
    record = page.one("#record")
    page.wait_until(lambda: "completed" in record.text, "the record says completed")
    assert sent["id"] in record.text
    record.one("button").click()


def test_card_says_the_id_of_its_device(page: Browser) -> None:
    assert device(page, PC).one(".device-id").text == PC


def test_device_of_the_demo_is_shown(stack: LaptopStack, page: Browser) -> None:
    stack.wns.create_channel(app=PACKAGE_SID, device_id=DEVICE)
    assert DEVICE in device(page, DEVICE).one(".device-id").text
    assert device(page, DEVICE).one(".chip-bad").text == "Not registered"
