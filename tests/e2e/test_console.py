"""The console in a real browser on the laptop stack: what an operator does, and its effects."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local.demo.scenario import APP
from tests.e2e.browser import Browser, missing, open_browser
from tests.e2e.console_page import ConsolePage, running_console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import LaptopStack

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

SECRET = "canary-secret-of-the-console"
SCRIPT = "<img src=x onerror=\"document.title='taken over'\">"
CHALLENGE: dict[str, Any] = {
    "default_locale": "en",
    "locales": {
        "en": {"toast": {"texts": ["${challenger} challenges you"]}, "badge": {"value": 1}},
        "de": {"toast": {"texts": ["${challenger} fordert dich heraus"]}},
    },
}


@pytest.fixture(scope="module")
def console(stack: LaptopStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePage]:
    with (
        running_console(stack, tmp_path_factory.mktemp("console")) as url,
        open_browser(tmp_path_factory.mktemp("profile")) as browser,
    ):
        yield ConsolePage(stack, browser, url)


@pytest.fixture(scope="module")
def device(console: ConsolePage) -> Iterator[str]:
    """The device of the player tess; with it, the devices page has set up the app."""
    device_id = console.add_device("tess", "Tess's PC")
    yield device_id
    console.remove_device(device_id)


@pytest.fixture
def message(console: ConsolePage, device: str) -> str:
    """A message of its own, in two languages."""
    name = f"Challenge{secrets.token_hex(3)}"
    console.put_template(name, CHALLENGE)
    return name


@pytest.fixture
def devices_page(
    stack: LaptopStack, device: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("devices")) as browser:
        browser.open(stack.devices_url)
        browser.one(f"[data-device={device}]")
        yield browser


def shown_texts(console: ConsolePage, locale: str) -> list[str]:
    return console.texts(f"[data-locale={locale}] .toast-texts > span")


def wait_for_texts(console: ConsolePage, locale: str, texts: list[str]) -> None:
    console.browser.wait_until(
        lambda: shown_texts(console, locale) == texts,
        f"the preview in {locale} shows {texts}, not {shown_texts(console, locale)}",
    )


def test_credentials_are_refused_with_microsofts_reason_and_then_taken(
    console: ConsolePage,
) -> None:
    app_id = f"game-{secrets.token_hex(4)}"
    numbers = "-".join(str(secrets.randbelow(10**9)) for _ in range(7))
    package_sid = f"ms-app://s-1-15-2-{numbers}"
    console.stack.wns.put_app(package_sid=package_sid, client_secret=SECRET)
    console.open("apps")
    console.fill("[name=app_id]", app_id)
    console.fill("#create [name=name]", "Castle Siege")
    console.fill("#create [name=token_audiences]", "windows-game")
    console.button("Create").click()
    console.wait_for("There are no credentials yet.")
    console.fill("[name=package_sid]", package_sid)
    console.fill("[name=client_secret]", "wrong")
    console.button("Check and store").click()
    console.wait_for("invalid_client", ".answer .error-box")
    console.fill("[name=client_secret]", SECRET)
    console.button("Check and store").click()
    console.wait_for("Microsoft accepted them", ".answer")
    console.one(".token-words[data-valid=true]")
    assert SECRET not in console.browser.run("return document.documentElement.outerHTML")
    console.open("apps", app_id)
    console.one("[aria-label='Sends notifications']").click()
    console.wait_for("off", ".card .pill-warn")
    app = console.stack.signed_request("GET", f"/apps/{app_id}").json()
    assert app["enabled"] is False
    console.button("Delete the app").click()
    console.fill("dialog input", app_id)
    console.button("Delete", "dialog").click()
    console.wait_for(f"{'Castle Siege'} is deleted", "#notice")
    assert console.stack.signed_request("GET", f"/apps/{app_id}").status_code == 404


def test_preview_follows_what_is_typed_in_each_language(console: ConsolePage, message: str) -> None:
    console.open("messages", APP, message)
    wait_for_texts(console, "en", ["[challenger] challenges you"])
    console.wait_for("No sample for challenger", ".remarks")
    console.wait_for("de has no badge, which en has.", ".remarks")
    console.fill(".samples [name=challenger]", "Kim")
    console.fill("[name=text-0]", "${challenger} dares you")
    wait_for_texts(console, "en", ["Kim dares you"])
    console.one(".task-game .badge")
    console.one("input[value=de]").click()
    wait_for_texts(console, "de", ["Kim fordert dich heraus"])
    console.fill("[name=text-1]", "Komm in die Arena")
    wait_for_texts(console, "de", ["Kim fordert dich heraus", "Komm in die Arena"])
    console.wait_for("of 5,000 bytes", ".sizes")
    console.one("input[value=all]").click()
    wait_for_texts(console, "en", ["Kim dares you"])
    wait_for_texts(console, "de", ["Kim fordert dich heraus", "Komm in die Arena"])
    console.fill("[name=text-1]", "x" * 5000)
    console.wait_for("5,000", ".sizes .bad")


def test_message_is_saved_compared_and_restored(console: ConsolePage, message: str) -> None:
    console.open("messages", APP, message)
    console.fill("[name=text-0]", "Second")
    console.wait_for("unsaved changes", ".save-state")
    console.one("#save").click()
    console.wait_for("Version 2", ".save-state")
    stored = console.stack.signed_request("GET", f"/apps/{APP}/templates/{message}").json()
    assert stored["locales"]["en"]["toast"]["texts"] == ["Second"]
    console.button("Compare version 1").click()
    console.wait_for("+ ", ".versions .diff ins")
    console.button("Restore version 1").click()
    wait_for_texts(console, "en", ["[challenger] challenges you"])
    console.one("[aria-label='Send as push']").click()
    console.one("#save").click()
    console.wait_for("Version 3", ".save-state")
    stored = console.stack.signed_request("GET", f"/apps/{APP}/templates/{message}").json()
    assert stored["locales"]["en"]["toast"]["texts"] == ["${challenger} challenges you"]
    assert stored["push_enabled"] is False
    console.open("messages", APP)
    console.one(f"[aria-label='Send {message} as push']").click()
    console.wait_for(f"{message} is sent as push", "#notice")
    stored = console.stack.signed_request("GET", f"/apps/{APP}/templates/{message}").json()
    assert stored["push_enabled"] is True


def test_version_conflict_shows_both_and_overwrites_nothing_unasked(
    console: ConsolePage, message: str
) -> None:
    console.open("messages", APP, message)
    console.fill("[name=text-0]", "Mine")
    theirs = json.loads(json.dumps(CHALLENGE).replace("challenges you", "theirs"))
    console.put_template(message, theirs)
    console.one("#save").click()
    console.wait_for("Somebody else saved version 2 meanwhile", ".conflict")
    console.wait_for("theirs", ".conflict del")
    console.wait_for("Mine", ".conflict ins")
    path = f"/apps/{APP}/templates/{message}"
    stored = console.stack.signed_request("GET", path).json()
    assert stored["locales"] == theirs["locales"]
    console.button("Replace theirs with mine").click()
    console.wait_for("Version 3", ".save-state")
    stored = console.stack.signed_request("GET", path).json()
    assert stored["locales"]["en"]["toast"]["texts"] == ["Mine"]


def test_draft_is_sent_to_a_test_player_and_its_outcome_shown(
    console: ConsolePage, devices_page: Browser, message: str, device: str
) -> None:
    console.open("messages", APP, message)
    console.fill(".samples [name=challenger]", "Robin")
    console.fill("[name=text-0]", "${challenger} is at the gates")
    wait_for_texts(console, "en", ["Robin is at the gates"])
    console.fill(".preview [name=player]", "tess")
    console.one("#test-send").click()
    toast = devices_page.one(f"[data-device={device}] .popups .toast")
    assert toast.one(".toast-title").text == "Robin is at the gates"
    console.wait_for("WNS accepted it for the device.", ".test-result [data-outcome=delivered]")
    stored = console.stack.signed_request("GET", f"/apps/{APP}/templates/{message}").json()
    assert stored["version"] == 1


def test_figures_come_before_a_send_and_its_progress_after(
    console: ConsolePage, message: str, device: str
) -> None:
    console.open("send", APP, query=f"?message={message}")
    console.fill("[name=players]", "tess nobody-here")
    console.fill("[name=parameter-challenger]", "Kim")
    console.one("#check").click()
    console.wait_for("Send to 1 device", "#send")
    console.wait_for("Kim challenges you", ".screens")
    console.one("#send").click()
    console.wait_for("completed", "#progress .pill-good")
    console.wait_for("1 of 2 players reached.")
    # Why another player got nothing, on the notification and of the player.
    console.wait_for("The player has no device", "[data-outcome=no_channel]")
    console.wait_for("WNS accepted it", "[data-outcome=delivered]")
    console.open("notifications", APP)
    console.wait_for(message, "table")
    console.open("players", APP, "nobody-here")
    console.wait_for("The player has no device", ".recent")
    console.one("#find-out").click()
    console.wait_for("The cause: channel missing.")
    console.wait_for("start the game", ".findings")


def test_player_whose_toasts_are_off_is_told_apart_from_one_without_a_device(
    console: ConsolePage, message: str
) -> None:
    device_id = console.add_device("muted", "Muted's PC")
    console.devices_call(f"/{device_id}/notifications", {"on": False})
    body = {
        "audience": {"players": ["muted"]},
        "template": message,
        "parameters": {"challenger": "Kim"},
    }
    path = f"/apps/{APP}/notifications"
    sent = console.stack.signed_request("POST", path, body).json()["notification_id"]
    console.stack.wait_until(
        lambda: (
            console.stack.signed_request("GET", f"{path}/{sent}").json()["state"] == "completed"
        ),
        30,
    )
    console.open("players", APP, "muted")
    console.one("#find-out").click()
    console.wait_for("The cause: toasts off.")
    console.wait_for("Windows Settings", ".findings")
    console.wait_for("dropped by WNS", ".recent [data-outcome=dropped]")
    console.remove_device(device_id)


def test_dead_letter_is_explained_and_moved_back(
    console: ConsolePage, message: str, device: str
) -> None:
    late = f"{message}Late"
    request = {
        "app_id": APP,
        "request_id": late,
        "audience": {"players": ["tess"]},
        "template": late,
        "parameters": {"challenger": "Kim"},
    }
    sqs = console.stack.client("sqs")
    url = console.stack.outputs["RequestQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(request))
    dlq = console.stack.resources["RefusedDlq"]

    def letters() -> int:
        found = sqs.get_queue_attributes(QueueUrl=dlq, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"])

    console.stack.wait_until(letters, 30, "the dead letter")
    console.open("operations")
    row = next(each for each in console.browser.wait_until(
        lambda: [each for each in console.browser.all(".dead-group tbody tr") if late in each.text],
        "the dead letter is shown",
    ))  # fmt: skip
    assert "refused for what it says" in row.text
    assert f"template '{late}'" in row.text
    console.button("What to do").click()
    console.wait_for("whoever sends the message must change something", ".runbook")
    console.put_template(late, CHALLENGE)
    row.one("input").click()
    console.one("[data-redrive=refused]").click()
    console.wait_for("1 message moved back to the queue.", "#notice")
    console.stack.wait_until(
        lambda: [
            each
            for each in console.stack.signed_request("GET", f"/apps/{APP}/notifications").json()[
                "notifications"
            ]
            if each["request_id"] == late and each["state"] == "completed"
        ],
        30,
        "the request is sent",
    )


def test_raised_alarm_comes_with_what_the_runbook_says(console: ConsolePage) -> None:
    alarm = console.stack.resources["TokenRefreshFailedAlarm"]
    cloudwatch = console.stack.client("cloudwatch")
    state = {"AlarmName": alarm, "StateReason": "a token has two hours left"}
    cloudwatch.set_alarm_state(StateValue="ALARM", **state)
    console.open("operations")
    console.wait_for("a token has two hours left", ".alarms")
    console.one(".alarms summary").click()
    console.wait_for("token", ".alarms .runbook")
    cloudwatch.set_alarm_state(StateValue="OK", **state)
    console.open("operations")
    console.wait_for("is raised.", ".remark.good")


def test_app_that_wns_stopped_says_why_and_resumes(console: ConsolePage, device: str) -> None:
    apps = console.stack.operator.client("dynamodb")
    apps.update_item(
        TableName=console.stack.resources["AppsTable"],
        Key={"pk": {"S": APP}},
        UpdateExpression="SET stopped = :reason",
        ExpressionAttributeValues={":reason": {"S": "quota_exceeded"}},
    )
    console.open("apps", APP)
    console.wait_for("its monthly quota at WNS is used up")
    console.button("Resume").click()
    console.wait_for("sends again", "#notice")
    assert console.stack.signed_request("GET", f"/apps/{APP}").json()["stopped"] is None


def test_scheduled_notification_is_cancelled(
    console: ConsolePage, message: str, device: str
) -> None:
    body = {
        "audience": {"players": ["tess"]},
        "template": message,
        "parameters": {"challenger": "Kim"},
        "send_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    path = f"/apps/{APP}/notifications"
    sent = console.stack.signed_request("POST", path, body).json()["notification_id"]
    console.open("notifications", APP, sent)
    console.wait_for("To be sent", ".timeline")
    console.button("Cancel it").click()
    console.button("Cancel it", "dialog").click()
    console.wait_for("cancelled", "#progress .pill")
    state = console.stack.signed_request("GET", f"{path}/{sent}").json()["state"]
    assert state == "cancelled"


def test_json_that_is_none_changes_nothing_and_unsaved_changes_stay(
    console: ConsolePage, message: str
) -> None:
    console.open("messages", APP, message)
    console.one("input[value=json]").click()
    changed = json.dumps(CHALLENGE).replace("challenges you", "waits for you")
    console.fill("textarea.json", changed)
    wait_for_texts(console, "en", ["[challenger] waits for you"])
    console.fill("textarea.json", changed[:-1])
    console.wait_for("Not applied", ".fault")
    assert shown_texts(console, "en") == ["[challenger] waits for you"]
    console.one("nav a[href*=messages]").click()
    console.one(f"td a[href$={message}]").click()
    console.wait_for("unsaved changes", ".save-state")
    wait_for_texts(console, "en", ["[challenger] waits for you"])
    console.one("#save").click()
    console.wait_for("Version 2", ".save-state")


def test_erasure_shows_its_receipt(console: ConsolePage) -> None:
    device_id = console.add_device("leaving", "Leaving's PC")
    console.open("players", APP, "leaving")
    console.wait_for(device_id, "table")
    console.button("Erase the player").click()
    console.fill("dialog input", "leaving")
    console.button("Erase", "dialog").click()
    console.wait_for("Erased: leaving", ".receipt")
    assert console.one(".receipt dd").text == "1"
    console.wait_for("No device is registered")
    console.remove_device(device_id)


def test_names_and_texts_of_others_stay_text(console: ConsolePage, device: str) -> None:
    name = f"Hostile{secrets.token_hex(3)}"
    content = {
        "default_locale": "en",
        "locales": {
            "en": {
                "toast": {
                    "texts": [SCRIPT, "${who}"],
                    "hero": {"src": "https://127.0.0.1:9/x.png", "alt": SCRIPT},
                    "buttons": [{"content": SCRIPT, "arguments": SCRIPT}],
                },
                "raw": {"text": SCRIPT},
            }
        },
    }
    console.put_template(name, content)
    app = {"name": SCRIPT, "token_audiences": ["x"]}
    assert console.stack.signed_request("PUT", "/apps/hostile", app).ok
    player = "<b>bold<b>"
    body = {"audience": {"players": [player]}, "template": name, "parameters": {"who": SCRIPT}}
    sent = console.stack.signed_request("POST", f"/apps/{APP}/notifications", body).json()
    console.browser.console_errors()
    images = "return document.querySelectorAll('main img[onerror], main b b, img[src=x]').length"
    views = [
        (["messages", APP, name], SCRIPT, ".screen"),
        (["apps"], SCRIPT, "table"),
        (["apps", "hostile"], SCRIPT, "h1"),
        (["notifications", APP, sent["notification_id"]], player, "[data-outcome=no_channel]"),
        (["players", APP, "%3Cb%3Ebold%3Cb%3E"], player, ".player-name"),
    ]
    for segments, text, within in views:
        console.open(*segments)
        console.wait_for(text, within)
        assert console.browser.run(images) == 0
        assert "taken over" not in console.browser.run("return document.title")
        fetched = console.browser.run(
            "return performance.getEntriesByType('resource').map((one) => one.name)"
        )
        assert all(address.startswith(console.url) for address in fetched)
    assert console.browser.console_errors() == []
    assert console.stack.signed_request("DELETE", "/apps/hostile").ok


def test_browser_refuses_markup_even_from_the_consoles_own_script(console: ConsolePage) -> None:
    console.open("apps")
    refused = console.browser.run(
        "try { document.createElement('p').innerHTML = '<b>x</b>'; return 'taken'; }"
        "catch (error) { return error.name; }"
    )
    assert refused == "TypeError"
    console.browser.console_errors()


def test_page_of_another_site_reads_and_changes_nothing(console: ConsolePage) -> None:
    """The devices page has another origin; even with the token its script gets nothing."""
    console.browser.open(console.stack.devices_url)
    script = """
    const [url, method] = arguments;
    return fetch(url, {method, mode: "no-cors", headers: {"Content-Type": "text/plain"}})
        .then((reply) => [reply.type, reply.status], (error) => [error.name, 0]);
    """
    for path, method in (("api/apps", "GET"), (f"api/apps/{APP}/resume", "POST")):
        kind, status = console.browser.run(script, f"{console.url}{path}", method)
        assert kind in {"opaque", "TypeError"}
        assert status == 0
    console.browser.console_errors()


def test_message_is_written_with_the_keyboard_alone(console: ConsolePage, message: str) -> None:
    console.open("messages", APP, message)
    title = console.one("[name=text-0]")
    console.browser.run("arguments[0].focus(); arguments[0].select()", title.reference)
    console.browser.press("O", "k")
    wait_for_texts(console, "en", ["Ok"])
    console.browser.run("document.getElementById('save').focus()")
    console.browser.press("Enter")
    console.wait_for("Version 2", ".save-state")
