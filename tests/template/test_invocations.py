"""An invocation that nobody waits for is tried again, and its failure ends in a queue."""

from __future__ import annotations

from typing import Any

import pytest

from push.apps.events import ACCESS_TOKEN_REJECTED, APP_CREDENTIALS_CHANGED, SOURCE
from tools.template_yaml import functions, referred, resources_of_type

WAITED_FOR = {"HttpApi", "SQS"}
ASYNCHRONOUS = {"ScheduleV2", "EventBridgeRule"}
QUEUES = resources_of_type("AWS::SQS::Queue")
EVENTS = {
    f"{function}.{name}": (function, event)
    for function, properties in functions().items()
    for name, event in properties["Events"].items()
}
TRIGGERS: dict[str, Any] = {
    name: event["Properties"]
    for name, (_, event) in EVENTS.items()
    if event["Type"] in ASYNCHRONOUS
} | {
    f"{rule}.{target['Id']}": target
    for rule, each in resources_of_type("AWS::Events::Rule").items()
    for target in each["Properties"]["Targets"]
}
INVOKED_BY_EVENTS = {
    function for function, event in EVENTS.values() if event["Type"] in ASYNCHRONOUS
}


def test_every_kind_of_trigger_is_one_that_these_rules_know() -> None:
    assert {event["Type"] for _, event in EVENTS.values()} <= WAITED_FOR | ASYNCHRONOUS


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_trigger_retries(trigger: str) -> None:
    policy = TRIGGERS[trigger]["RetryPolicy"]
    assert policy["MaximumRetryAttempts"] >= 1
    assert policy["MaximumEventAgeInSeconds"] >= 60


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_trigger_dead_letters_what_it_cannot_deliver(trigger: str) -> None:
    assert referred(TRIGGERS[trigger]["DeadLetterConfig"]["Arn"]) in QUEUES


@pytest.mark.parametrize("function", sorted(INVOKED_BY_EVENTS))
def test_failed_invocation_is_retried_and_then_kept(function: str) -> None:
    config = functions()[function]["EventInvokeConfig"]
    destination = config["DestinationConfig"]["OnFailure"]
    assert config["MaximumRetryAttempts"] >= 1
    assert destination["Type"] == "SQS"
    assert referred(destination["Destination"]) in QUEUES


def test_refresher_receives_events_about_tokens_and_credentials_only() -> None:
    event = functions()["TokenRefresherFunction"]["Events"]["TokenEvents"]
    assert event["Type"] == "EventBridgeRule"
    assert event["Properties"]["Pattern"] == {
        "source": [SOURCE],
        "detail-type": [ACCESS_TOKEN_REJECTED, APP_CREDENTIALS_CHANGED],
    }


@pytest.mark.parametrize("rule", resources_of_type("AWS::Events::Rule"))
def test_event_of_the_service_itself_is_no_request(rule: str) -> None:
    pattern = resources_of_type("AWS::Events::Rule")[rule]["Properties"]["EventPattern"]
    assert pattern["source"] == [{"anything-but": SOURCE}]
