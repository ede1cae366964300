"""The controls: in process and over HTTP, and who may use them."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.wns_emulator import ControlError, EmulatorControl, WnsEmulator
from tests.integration.wns_emulator.sender import SECRET, SID, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.wns_emulator.control.controls import Controls

MONTH = 31 * 24 * 3600


@pytest.fixture(params=["in process", "over HTTP"])
def controls(request: pytest.FixtureRequest, wns: WnsEmulator) -> Controls:
    return wns if request.param == "in process" else EmulatorControl(wns.control_url)


@pytest.fixture
def http(wns: WnsEmulator) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def post(http: requests.Session, wns: WnsEmulator, name: str, **kwargs: Any) -> requests.Response:
    return http.post(f"{wns.control_url}/control/{name}", timeout=5, **kwargs)


def test_both_clients_return_the_same(sender: Sender) -> None:
    sender.notify("toast", "Alex challenges you")
    sender.notify("badge", "1")
    remote = EmulatorControl(sender.wns.control_url)

    assert remote.device("pc") == sender.wns.device("pc")
    assert remote.channels("pc") == sender.wns.channels("pc")
    assert remote.requests() == json.loads(json.dumps(sender.wns.requests()))
    assert remote.switches() == sender.wns.switches()
    assert remote.apps() == sender.wns.apps()


def test_channel_is_created_with_its_device(controls: Controls) -> None:
    controls.put_app(package_sid=SID, client_secret=SECRET)

    channel = controls.create_channel(app=SID, device_id="pc")

    assert channel.channel_uri.startswith("https://")
    assert channel.state == "open"
    assert controls.device("pc").channels == [channel]
    assert controls.device("pc").online
    assert controls.device("pc").app_running


def test_several_channels_of_one_app_can_be_open(controls: Controls) -> None:
    controls.put_app(package_sid=SID, client_secret=SECRET)

    channels = [controls.create_channel(SID, "pc") for _ in range(3)]

    assert len({channel.channel_uri for channel in channels}) == 3
    assert [channel.state for channel in controls.channels("pc")] == ["open"] * 3


def test_offline_device_gets_no_channel(controls: Controls) -> None:
    controls.put_app(package_sid=SID, client_secret=SECRET)
    controls.put_device("pc")
    controls.disconnect_device("pc")

    with pytest.raises(ControlError, match="off line"):
        controls.create_channel(SID, "pc")


def test_clock_advances_31_days_at_once(controls: Controls) -> None:
    controls.put_app(package_sid=SID, client_secret=SECRET)
    channel = controls.create_channel(SID, "pc")
    before, started = controls.now(), time.perf_counter()

    now = controls.advance_clock(MONTH)

    assert time.perf_counter() - started < 0.5
    assert now - before >= MONTH
    assert controls.channels("pc")[0].state == "expired"
    assert controls.channels("pc")[0].channel_id == channel.channel_id


def test_removing_a_device_removes_its_channels(sender: Sender) -> None:
    sender.wns.remove_device("pc")

    assert sender.notify().status == 404
    assert sender.wns.devices() == []


def test_dismissed_toasts_are_gone(sender: Sender) -> None:
    sender.notify()

    assert sender.wns.dismiss_toasts("pc") == 1
    assert sender.texts == []


def test_view_can_be_of_one_app(sender: Sender) -> None:
    sender.wns.put_app(package_sid="ms-app://other", client_secret="x")
    other = sender.wns.create_channel("ms-app://other", "pc")
    sender.notify("badge", "1")
    sender.token = sender.wns.issue_token("ms-app://other")
    sender.notify("badge", "2", channel=other)

    assert sender.wns.device("pc", app=SID).badge == "1"
    assert sender.wns.device("pc", app="ms-app://other").badge == "2"
    assert sender.wns.device("pc").badge == "2"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda c: c.device("nowhere"), "unknown_device"),
        (lambda c: c.create_channel("ms-app://nowhere", "pc"), "unknown_app"),
        (lambda c: c.close_channel("channel-99"), "unknown_channel"),
        (lambda c: c.close_channel("https://db5.notify.windows.com/?token=x"), "unknown_channel"),
        (lambda c: c.advance_clock(-1), "invalid_arguments"),
        (lambda c: c.put_app(package_sid="", client_secret="x"), "invalid_arguments"),
        (lambda c: c.call("put_app", package_sid=SID), "invalid_arguments"),
        (lambda c: c.call("explode"), "unknown_control"),
        (lambda c: c.call("call"), "unknown_control"),
        (lambda c: c.call("__init__"), "unknown_control"),
        (lambda c: c.set_switches(gravity="off"), "invalid_switch"),
        (lambda c: c.set_switches(app_throttle_status=418), "invalid_switch"),
        (lambda c: c.set_switches(offline_tiles=6), "invalid_switch"),
    ],
)
def test_invalid_control_is_refused_with_a_code(controls: Controls, call: Any, code: str) -> None:
    before = controls.switches()

    with pytest.raises(ControlError) as refused:
        call(controls)

    assert refused.value.code == code
    assert controls.switches() == before


def test_refusal_does_not_repeat_a_secret(controls: Controls) -> None:
    with pytest.raises(ControlError) as refused:
        controls.call("put_app", package_sid=SID, client_secret=["hush-hush"])

    assert "hush-hush" not in str(refused.value)


def test_switches_are_reset_to_their_defaults(controls: Controls) -> None:
    defaults = controls.switches()
    controls.set_switches(strict_payloads=True, channel_requests_per_minute=5)
    assert controls.switches()["channel_requests_per_minute"] == 5

    assert controls.set_switches(channel_requests_per_minute=None)["strict_payloads"] is True
    assert controls.reset_switches() == defaults


def test_waiting_ends_with_the_event(controls: Controls, sender: Sender) -> None:
    later = threading.Timer(0.1, sender.notify)
    later.start()

    toasts = controls.wait_for(lambda seen: seen.device("pc").toasts, timeout=5)

    later.join()
    assert toasts[0]["texts"] == ["5"]


def test_waiting_ends_at_its_deadline(controls: Controls) -> None:
    started = time.monotonic()

    with pytest.raises(TimeoutError):
        controls.wait_for(lambda seen: seen.devices(), timeout=0.2)

    assert time.monotonic() - started < 2


def test_log_holds_headers_but_no_token_and_no_channel_token(sender: Sender) -> None:
    sender.notify(x_wns_tag="match")

    seen = sender.wns.requests()

    assert seen[0]["headers"]["x-wns-tag"] == "match"
    assert seen[0]["headers"]["authorization"] == "Bearer ***"
    assert ["X-WNS-STATUS", "received"] in json.loads(json.dumps(seen[0]["answer_headers"]))
    assert sender.token not in str(seen)
    assert sender.channel.channel_uri.partition("token=")[2] not in str(seen)


def test_log_is_filtered_by_every_argument(sender: Sender) -> None:
    other = sender.wns.create_channel(SID, "laptop")
    sender.notify()
    sender.notify(channel=other)
    sender.notify(authorization=None)
    wns = sender.wns

    assert [one["device_id"] for one in wns.requests(device_id="laptop")] == ["laptop"]
    assert [one["status"] for one in wns.requests(status=401)] == [401]
    assert len(wns.requests(channel_id=sender.channel.channel_id)) == 2
    assert [one["number"] for one in wns.requests(after=2)] == [3]
    assert wns.requests(endpoint="token") == []
    wns.clear_requests()
    assert wns.requests() == []


def test_recorded_history_is_bounded(sender: Sender) -> None:
    with sender.wire.connection("db5.notify.windows.com") as connection:
        target = sender.channel.channel_uri.partition(".com")[2]
        for _ in range(1010):
            connection.request("POST", target, b"<toast/>", sender.headers())
            connection.getresponse().read()

    assert len(sender.wns.requests()) == 1000
    assert sender.wns.request_counts() == {"notify 200": 1010}
    assert len(sender.device.discarded) == 50


def test_queries_accept_get_and_other_controls_do_not(
    http: requests.Session, sender: Sender
) -> None:
    url = f"{sender.wns.control_url}/control"

    looked = http.get(f"{url}/device", params={"device_id": "pc"}, timeout=5)
    acted = http.get(f"{url}/advance_clock", params={"seconds": 5}, timeout=5)
    waited = http.get(f"{url}/wait", params={"after": 0, "timeout": 5}, timeout=5)

    assert looked.json()["device_id"] == "pc"
    assert acted.status_code == 405
    assert waited.json() == sender.wns.cursor()


def test_unknown_names_are_404_and_invalid_arguments_422(
    http: requests.Session, wns: WnsEmulator
) -> None:
    assert post(http, wns, "explode", json={}).status_code == 404
    assert post(http, wns, "device", json={"device_id": "nowhere"}).status_code == 404
    refused = post(http, wns, "device", json={})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "invalid_arguments"


@pytest.mark.parametrize("body", ["", "[]", "{", "1", '"x"', "[" * 100_000, b"\xff"])
def test_body_that_is_not_a_json_object_is_refused(
    http: requests.Session, wns: WnsEmulator, body: str | bytes
) -> None:
    answer = post(http, wns, "put_device", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("seconds", ["Infinity", "NaN", "1e999", "-1", "null", '"x"'])
def test_clock_accepts_only_finite_non_negative_seconds(
    http: requests.Session, wns: WnsEmulator, seconds: str
) -> None:
    json_type = {"Content-Type": "application/json"}

    answer = post(http, wns, "advance_clock", data=f'{{"seconds": {seconds}}}', headers=json_type)

    assert answer.status_code == 422


def test_argument_self_is_unknown(http: requests.Session, wns: WnsEmulator) -> None:
    for name in ("now", "set_switches"):
        assert post(http, wns, name, json={"self": 1}).status_code == 422


def test_body_that_is_too_long_is_refused(http: requests.Session, wns: WnsEmulator) -> None:
    assert post(http, wns, "put_device", json={"device_id": "x" * 300_000}).status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Host": "localhost"}, 200),
    ],
)
def test_other_sites_cannot_use_the_control_port(
    http: requests.Session, wns: WnsEmulator, headers: dict[str, str], status: int
) -> None:
    all_headers = {"Content-Type": "application/json", **headers}

    answer = post(http, wns, "advance_clock", data='{"seconds": 5}', headers=all_headers)

    assert answer.status_code == status


def test_foreign_host_name_cannot_read(http: requests.Session, wns: WnsEmulator) -> None:
    answer = http.get(f"{wns.control_url}/", headers={"Host": "evil.example"}, timeout=5)

    assert answer.status_code == 403


def test_index_lists_every_control_and_the_addresses(
    http: requests.Session, wns: WnsEmulator
) -> None:
    index = http.get(f"{wns.control_url}/", timeout=5).json()

    assert index["addresses"] == {
        "proxy_url": wns.proxy_url,
        "control_url": wns.control_url,
        "ca_file": wns.ca_file,
    }
    assert index["controls"]["create_channel"] == ["app", "device_id", "tile_id"]
    for name in index["controls"]:
        assert hasattr(wns, name) or name == "addresses"


def test_ca_can_be_fetched(http: requests.Session, wns: WnsEmulator, authority: Path) -> None:
    fetched = http.get(f"{wns.control_url}/ca.pem", timeout=5).content

    assert fetched == (authority / "ca.pem").read_bytes()


def read_events(answer: requests.Response, count: int) -> list[tuple[int, str, dict[str, Any]]]:
    """The next events of a stream."""
    events: list[tuple[int, str, dict[str, Any]]] = []
    fields: dict[str, str] = {}
    for line in answer.iter_lines(decode_unicode=True):
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            events.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(events) == count:
                break
    return events


def test_events_are_streamed_as_they_happen(http: requests.Session, sender: Sender) -> None:
    with http.get(f"{sender.wns.control_url}/events", stream=True, timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        sender.notify("toast", "Alex challenges you")
        events = read_events(answer, 2)

    assert [kind for _, kind, _ in events] == ["toast", "request"]
    assert events[0][2]["texts"] == ["Alex challenges you"]
    assert events[0][2]["device_id"] == "pc"
    assert events[1][2]["outcome"] == "shown"


def test_event_stream_continues_after_the_last_event_id(
    http: requests.Session, sender: Sender
) -> None:
    cursor = sender.wns.cursor()
    sender.wns.disconnect_device("pc")
    sender.wns.connect_device("pc")

    url = f"{sender.wns.control_url}/events"
    with http.get(url, stream=True, timeout=5, headers={"Last-Event-ID": str(cursor)}) as answer:
        events = read_events(answer, 2)

    assert [number for number, _, _ in events] == [cursor + 1, cursor + 2]
    assert [data["connection"] for _, _, data in events] == ["disconnected", "connected"]


def test_controls_are_thread_safe(sender: Sender) -> None:
    def work(number: int) -> None:
        for _ in range(20):
            sender.wns.create_channel(SID, f"pc-{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    channels = sender.wns.channels()
    assert len({channel.channel_uri for channel in channels}) == 101


def test_manual_names_every_control_and_every_switch_with_its_default(
    http: requests.Session, wns: WnsEmulator
) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "emulator.md").read_text()
    for name in http.get(f"{wns.control_url}/", timeout=5).json()["controls"]:
        assert f"`{name}`" in manual
    for name, default in wns.switches().items():
        row = next(line for line in manual.splitlines() if line.startswith(f"| `{name}`"))
        written = row.split("|")[2].strip().strip("`")
        assert written == (default if isinstance(default, str) else json.dumps(default))
