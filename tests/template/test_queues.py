"""No queue loses a message: long retention, a dead-letter queue, time enough for its function."""

from __future__ import annotations

from typing import Any

import pytest

from tools.template_yaml import functions, referred, resources_of_type

FOURTEEN_DAYS_S = 14 * 24 * 3600  # the longest that SQS keeps a message
QUEUES = {name: each["Properties"] for name, each in resources_of_type("AWS::SQS::Queue").items()}
SOURCES = {
    f"{function}.{name}": (properties, event["Properties"])
    for function, properties in functions().items()
    for name, event in properties["Events"].items()
    if event["Type"] == "SQS"
}
REFUSED = "RefusedDlq"  # what the functions dead-letter themselves
each_queue = pytest.mark.parametrize("queue", QUEUES)
each_source = pytest.mark.parametrize("source", SOURCES)


def dead_letter_queue_of(queue: str) -> str | None:
    policy = QUEUES[queue].get("RedrivePolicy")
    return policy and referred(policy["deadLetterTargetArn"])


def written_to_by_events() -> set[str]:
    """The queues that EventBridge rules deliver to, or put aside what they cannot deliver."""
    arns: list[Any] = []
    for rule in resources_of_type("AWS::Events::Rule").values():
        for target in rule["Properties"]["Targets"]:
            arns += [target["Arn"], target["DeadLetterConfig"]["Arn"]]
    for properties in functions().values():
        for event in properties["Events"].values():
            if event["Type"] == "EventBridgeRule":
                arns.append(event["Properties"]["DeadLetterConfig"]["Arn"])
    return {referred(arn) for arn in arns} & QUEUES.keys()


@each_queue
def test_queue_is_encrypted(queue: str) -> None:
    assert QUEUES[queue]["SqsManagedSseEnabled"] is True


@each_queue
def test_queue_keeps_messages_for_fourteen_days(queue: str) -> None:
    assert QUEUES[queue]["MessageRetentionPeriod"] == FOURTEEN_DAYS_S


@each_queue
def test_queue_is_a_dead_letter_queue_or_has_one(queue: str) -> None:
    feeds = {dead_letter_queue_of(each) for each in QUEUES}
    takes_failed_invocations = {
        referred(properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])
        for properties in functions().values()
        if "EventInvokeConfig" in properties
    }
    if queue in feeds | takes_failed_invocations | {REFUSED}:
        assert "RedrivePolicy" not in QUEUES[queue]
    else:
        assert dead_letter_queue_of(queue) in QUEUES.keys() - {queue}


@each_source
def test_one_bad_message_does_not_fail_its_batch(source: str) -> None:
    _, event = SOURCES[source]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@each_source
def test_source_has_a_dead_letter_queue_after_several_tries(source: str) -> None:
    _, event = SOURCES[source]
    queue = referred(event["Queue"])
    assert dead_letter_queue_of(queue) in QUEUES
    # Fewer than five, and throttled invocations alone bring good messages there (AWS Lambda,
    # "Using Lambda with Amazon SQS").
    assert QUEUES[queue]["RedrivePolicy"]["maxReceiveCount"] >= 5


@each_source
def test_message_stays_hidden_for_six_time_outs_of_its_function(source: str) -> None:
    function, event = SOURCES[source]
    window_s = event.get("MaximumBatchingWindowInSeconds", 0)
    hidden_s = QUEUES[referred(event["Queue"])]["VisibilityTimeout"]
    assert hidden_s >= 6 * function["Timeout"] + window_s


@each_source
def test_batch_over_ten_waits_to_be_gathered(source: str) -> None:
    _, event = SOURCES[source]
    assert event["BatchSize"] <= 10 or event.get("MaximumBatchingWindowInSeconds", 0) >= 1


def test_queue_that_a_rule_writes_to_lets_it() -> None:
    letting = set()
    for policy in resources_of_type("AWS::SQS::QueuePolicy").values():
        queues = {referred(url) for url in policy["Properties"]["Queues"]}
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            resources = statement["Resource"]
            arns = resources if isinstance(resources, list) else [resources]
            conditions = {key for test in statement["Condition"].values() for key in test}
            if (
                statement["Effect"] == "Allow"
                and statement["Principal"] == {"Service": "events.amazonaws.com"}
                and statement["Action"] == "sqs:SendMessage"
                and conditions == {"aws:SourceArn"}
            ):
                letting |= queues & {referred(arn) for arn in arns}
    assert letting == written_to_by_events()
