"""A reply on a virtual PC reaches a subscriber of the bus in less than a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.devices.samples import CHALLENGE

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack


def call(stack: LaptopStack, path: str, body: object = None) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        method = "GET" if body is None else "POST"
        url, headers = f"{stack.devices_url}{path}", {"Origin": stack.devices_url}
        answer = session.request(method, url, json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text
    content: dict[str, Any] = answer.json()
    return content


def wait_for(stack: LaptopStack, device_id: str, words: str, seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        steps = call(stack, f"/api/devices/{device_id}")["steps"]
        if any(words in step["text"] for step in steps):
            return
        time.sleep(0.02)
    pytest.fail(f"{device_id} does not tell within {seconds} s: {words}; it tells {steps}")


def test_reply_reaches_the_games_server_within_a_second(stack: LaptopStack) -> None:
    device = call(stack, "/api/devices", {"player": "reply-sam", "name": "Reply PC"})
    device_id = device["device_id"]
    try:
        sent: dict[str, Any] = {"sample": CHALLENGE.sample_id, "player": "reply-sam", "road": "api"}
        for number in range(2):  # the first call of each function is a cold start
            call(stack, "/api/send", sent)
            ends_at = time.monotonic() + 20
            while len(call(stack, f"/api/devices/{device_id}")["toasts"]) <= number:
                assert time.monotonic() < ends_at
                time.sleep(0.1)
            toast = call(stack, f"/api/devices/{device_id}")["toasts"][-1]
            pressed = next(
                each["arguments"] for each in toast["buttons"] if "_push=" in each["arguments"]
            )
            words = f"reply number {number}"
            press = {"kind": "action", "arguments": pressed, "inputs": {"message": words}}
            started_at = time.monotonic()
            call(stack, f"/api/devices/{device_id}/press", {"text": "pressed"} | press)
            wait_for(stack, device_id, words, 20 if number == 0 else 1)
            print(f"reply {number}: {time.monotonic() - started_at:.2f} s")  # noqa: T201
    finally:
        call(stack, f"/api/devices/{device_id}/remove", {})
