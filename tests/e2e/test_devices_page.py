"""The devices page in a real browser: what a player sees went through the whole stack."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.e2e.browser import Browser, Element, missing, open_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import LaptopStack

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

ADA, BEN = "adas-pc", "bens-laptop"
SCRIPT = "<script>document.title = 'taken over'</script>"


def has_text(element: Element, text: str) -> bool:
    return element.text == text


def shows_badge(page: Browser, device_id: str) -> bool:
    return device(page, device_id).one(".task-game").name.endswith("badge 1")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def devices_page(stack: LaptopStack, browser: Browser) -> Iterator[Browser]:
    """The page with two devices, added by its own form."""
    browser.open(stack.devices_url)
    browser.run("window.stayed = true")
    for player, name in (("ada", "Ada's PC"), ("ben", "Ben's laptop")):
        for field, text in (("player", player), ("name", name)):
            browser.one(f"#add-form [name={field}]").clear()
            browser.one(f"#add-form [name={field}]").type(text)
        submit = browser.one("#add-form button")
        browser.wait_until(partial(has_text, submit, "Add device"), "another can be added")
        submit.click()
        browser.one(f'[aria-label="{name}"] .chip-good')
    yield browser
    for device_id in (ADA, BEN):
        call(stack, f"/api/devices/{device_id}/remove")


@pytest.fixture
def page(stack: LaptopStack, devices_page: Browser) -> Browser:
    """The page with nothing on the devices' screens."""
    for device_id in (ADA, BEN):
        call(stack, f"/api/devices/{device_id}/dismiss")
    devices_page.wait_until(lambda: not devices_page.all(".popups .toast"), "no toast is left")
    return devices_page


def call(stack: LaptopStack, path: str, body: object = None) -> dict[str, Any]:
    """What the page's script would ask its server."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"{stack.devices_url}{path}",
            json={} if body is None else body,
            headers={"Origin": stack.devices_url},
            timeout=30,
        )
    assert answer.ok, answer.text
    content: dict[str, Any] = answer.json()
    return content


def device(page: Browser, device_id: str) -> Element:
    return page.one(f"[data-device={device_id}]")


def send(page: Browser, sample: str) -> None:
    page.one(f"[data-sample='{sample}']").click()


def lines(page: Browser, device_id: str) -> str:
    return device(page, device_id).one(".lines").text


def wait_for_line(page: Browser, device_id: str, words: str) -> None:
    page.wait_until(lambda: words in lines(page, device_id), f"{device_id} tells: {words}")


def wait_for_notifications(page: Browser, device_id: str, count: int) -> None:
    """Waits for so many toasts in the notification centre, where they stay."""
    words = f", {count} {'notification' if count == 1 else 'notifications'}"
    bell = device(page, device_id).one(".task-bell")
    page.wait_until(lambda: bell.name.endswith(words), f"{device_id} has{words}")


def newest_requests(page: Browser, device_id: str) -> list[str]:
    """The lines of the log about a device, newest first."""
    rows = page.run(
        "return [...document.querySelectorAll('#log summary')].map((row) => row.innerText)"
    )
    return [row.replace("\n", " ") for row in rows if device_id in row]


def test_event_on_the_bus_shows_its_toast_on_both_devices_without_a_reload(page: Browser) -> None:
    for device_id in (ADA, BEN):
        assert f"PUT /apps/space-duel/channels/{device_id} answers 201" in lines(page, device_id)
    send(page, "challenge.received")
    for device_id in (ADA, BEN):
        toast = device(page, device_id).one(".popups .toast")
        assert toast.one(".toast-title").text == "Alex challenges you"
        assert [each.text for each in toast.all(".toast-button")] == ["Send", "Accept", "Decline"]
        page.wait_until(
            partial(shows_badge, page, device_id),
            "the icon in the taskbar has its badge",
        )
        assert "Alex" in device(page, device_id).one(".tile").name
    assert page.run("return window.stayed")
    statuses = [row.split()[1] for row in newest_requests(page, ADA)[:3]]
    assert statuses == ["200", "200", "200"]


def test_reply_is_shown_as_the_game_receives_it(page: Browser) -> None:
    send(page, "challenge.received")
    toast = device(page, ADA).one(".popups .toast")
    toast.one("input").type('gg & "hf" <3')
    toast.one(".input-row .toast-button").click()
    wait_for_line(
        page,
        ADA,
        'The game\'s background task receives "action=reply", with reply = "gg & "hf" <3"',
    )
    wait_for_notifications(page, ADA, 0)
    wait_for_notifications(page, BEN, 1)


def test_newer_toast_with_the_same_tag_takes_the_place_of_the_older_one(
    stack: LaptopStack, page: Browser
) -> None:
    for rival in ("Kim", "Robin"):
        sample = {"sample": "high-score.beaten", "parameters": {"rival": rival}, "player": "ada"}
        call(stack, "/api/send", sample)
        wait_for_line(page, ADA, f"Toast: {rival} beat your high score")
    wait_for_notifications(page, ADA, 1)
    bell = device(page, ADA).one(".task-bell")
    bell.click()
    centre = device(page, ADA).one(".centre")
    assert [each.text for each in centre.all(".toast-title")] == ["Robin beat your high score"]
    bell.click()


def test_toast_that_holds_a_script_stays_a_toast_and_nothing_is_fetched_from_elsewhere(
    stack: LaptopStack, page: Browser
) -> None:
    page.console_errors()
    toast = {"texts": [SCRIPT], "hero": {"src": "https://127.0.0.1:9/x.png", "alt": "A castle"}}
    call(stack, "/api/send-own", {"notification": {"toast": toast}, "player": "ada"})
    shown = device(page, ADA).one(".popups .toast")
    assert shown.one(".toast-title").text == SCRIPT
    assert shown.one(".toast-hero").name == "Picture, not fetched: A castle"
    assert page.run("return document.title") == "Windows devices"
    fetched = page.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert all(address.startswith(stack.devices_url) for address in fetched)
    assert page.console_errors() == []


def test_browser_refuses_markup_even_from_the_pages_own_script(page: Browser) -> None:
    refused = page.run(
        "try { document.createElement('p').innerHTML = '<b>x</b>'; return 'taken'; }"
        "catch (error) { return error.name; }"
    )
    assert refused == "TypeError"
    page.console_errors()


def test_pc_that_was_off_shows_what_wns_kept_and_tells_what_it_did_not(
    stack: LaptopStack, page: Browser
) -> None:
    pc = device(page, ADA)
    pc.one(".switch").click()
    assert "WNS keeps nothing for it." in pc.one(".off").text
    send(page, "clan.message")
    wait_for_line(page, ADA, "WNS drops a raw: the device is off line")
    page.wait_until(
        lambda: "200 raw adas-pc dropped the device is off line" in newest_requests(page, ADA)[0],
        "the log says why",
    )
    challenge = {"sample": "challenge.received", "road": "api"}
    call(stack, "/api/send", challenge)
    page.wait_until(
        lambda: "1 toast" in pc.one(".off-kept").text and "1 badge" in pc.one(".off-kept").text,
        "the page says what WNS keeps",
    )
    pc.one(".switch").click()
    assert pc.one(".popups .toast-title").text == "Alex challenges you"


def test_player_in_game_is_skipped_but_the_game_is_notified(
    stack: LaptopStack, page: Browser
) -> None:
    pc = device(page, ADA)
    pc.one("input[value=front]").click()
    wait_for_line(page, ADA, "presence answers 204: in the game: yes")
    send(page, "high-score.beaten")
    wait_for_notifications(page, BEN, 1)
    send(page, "clan.message")
    assert pc.one(".chat li").text == "Robin: Raid tonight at nine?"
    wait_for_notifications(page, ADA, 0)
    pc.one("input[value=background]").click()
    wait_for_line(page, ADA, "presence answers 204: in the game: no")


def test_expired_channel_gets_410_until_the_game_registers_again(page: Browser) -> None:
    pc = device(page, ADA)
    next(each for each in pc.all("button") if each.text == "Expire channel").click()
    assert pc.one(".chip-bad").text == "Channel expired"
    send(page, "challenge.received")
    wait_for_notifications(page, BEN, 1)
    row = page.wait_until(
        lambda: next((row for row in newest_requests(page, ADA) if " 410 " in row), None),
        "WNS answers 410",
    )
    assert "expired" in row
    wait_for_notifications(page, ADA, 0)
    pc.one(".notice button").click()
    assert pc.one(".chip-good") is not None
    send(page, "challenge.received")
    wait_for_notifications(page, ADA, 1)


def test_signed_out_device_gets_no_more_toasts(stack: LaptopStack, page: Browser) -> None:
    pc = device(page, ADA)
    next(each for each in pc.all("button") if each.text == "Sign out").click()
    assert pc.one(".chip-bad").text == "Not registered"
    wait_for_line(page, ADA, f"DELETE /apps/space-duel/channels/{ADA} answers 204")
    late = {"sample": "challenge.received", "parameters": {"challenger": "Late"}}
    call(stack, "/api/send", late)
    wait_for_notifications(page, BEN, 1)
    assert not [one for one in stack.wns.requests(device_id=ADA) if "Late" in one["body"]]
    wait_for_notifications(page, ADA, 0)
    pc.one(".notice button").click()
    assert pc.one(".chip-good") is not None


def test_everything_that_can_be_used_has_a_name_for_a_screen_reader(page: Browser) -> None:
    send(page, "challenge.received")
    page.wait_until(
        lambda: "Alex challenges you" in page.run("return announcer.textContent"),
        "the toast is announced",
    )
    controls = page.all("button, input, select, textarea, summary")
    assert len(controls) > 30
    assert [each for each in controls if not each.name.strip()] == []


def test_toast_can_be_replied_to_with_the_keyboard_alone(page: Browser) -> None:
    page.run("document.querySelector(\"[data-sample='challenge.received']\").focus()")
    page.press("Enter")
    toast = device(page, ADA).one(".popups .toast")
    page.run("arguments[0].focus()", toast.one("input").reference)
    page.press("o", "k", "Enter")
    wait_for_line(page, ADA, 'receives "action=reply", with reply = "ok"')


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_page_fits_its_window(page: Browser, width: int, *, dark: bool) -> None:
    page.resize(width, 900, dark=dark)
    assert page.run("return document.documentElement.scrollWidth - innerWidth") <= 0
    page.resize(1280, 1000)
