"""The commands of docs/operations.md do what the page says when they are pasted into a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.stack import LaptopStack

RUNBOOK = (ROOT / "docs/operations.md").read_text("utf-8")


def block(beginning: str) -> str:
    """Return the shell block that begins with a text."""
    (found,) = (
        each
        for each in re.findall(r"^```sh\n(.+?)^```", RUNBOOK, re.DOTALL | re.MULTILINE)
        if each.startswith(beginning)
    )
    return str(found)


@pytest.fixture
def shell(stack: LaptopStack, tmp_path: Path) -> Any:
    """Pastes lines after those that define `output`; `aws` is the CLI's stand-in."""
    state = stack.run_state()
    cli = tmp_path / "aws"
    cli.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.aws_cli "$@"\n', "utf-8")
    cli.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
        "AWS_ENDPOINT_URL": state.endpoint_url,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_ACCESS_KEY_ID": state.access_key_id,
        "AWS_SECRET_ACCESS_KEY": state.secret_access_key,
    } | {name: os.environ[name] for name in ("PYTHONDONTWRITEBYTECODE",) if name in os.environ}
    first = block("STACK=").replace("STACK=windows-push-dev", f"STACK={state.stack}")

    def paste(lines: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-ec", first + lines],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return paste


@pytest.fixture(autouse=True)
def nothing_refused_yet(stack: LaptopStack) -> None:
    """Other tests of the stack leave refused messages."""
    while refused(stack):
        pass


def refused(stack: LaptopStack) -> list[dict[str, Any]]:
    """Take messages out of RefusedDlq, up to ten."""
    sqs, url = stack.client("sqs"), stack.outputs["RefusedDlqUrl"]
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return list(found)


def test_redrive_moves_each_queue_to_its_own_even_what_came_from_no_queue(
    stack: LaptopStack, shell: Any
) -> None:
    sqs = stack.client("sqs")
    for name in ("Request", "Broadcast", "Delivery", "BulkDelivery"):
        url = stack.outputs[f"{name}DlqUrl"]
        # Dead-lettered by EventBridge or a schedule, it has no source queue. No queue's function
        # can read it, so that each says where it was received.
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"moved_back_to": name}))

    shell(block("for name in"))

    found: list[dict[str, Any]] = []

    def all_refused() -> bool:
        found.extend(refused(stack))
        return len(found) == 4

    stack.wait_until(all_refused, 30, "every function refuses its message")
    went_to = {
        json.loads(each["Body"])["moved_back_to"]: each["MessageAttributes"]["queue"]["StringValue"]
        for each in found
    }
    assert went_to == {name: stack.outputs[f"{name}QueueArn"] for name in went_to}
    assert len(went_to) == 4


def test_refused_messages_cannot_be_moved_by_a_redrive(stack: LaptopStack) -> None:
    attributes = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs["RefusedDlqUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]
    with pytest.raises(ClientError, match="dead-letter queue"):
        stack.client("sqs").start_message_move_task(
            SourceArn=attributes["QueueArn"], DestinationArn=stack.outputs["RequestQueueArn"]
        )


def test_token_refresher_can_be_run_by_hand(stack: LaptopStack, shell: Any) -> None:
    (line,) = re.findall(r"`(aws lambda invoke [^`]+)`", RUNBOOK)
    assert isinstance(json.loads(shell(line)), dict)


def test_refused_messages_are_shown_and_the_queue_emptied(stack: LaptopStack, shell: Any) -> None:
    stack.client("sqs").send_message(
        QueueUrl=stack.outputs["RequestQueueUrl"], MessageBody="no request"
    )
    shown: list[str] = []

    def is_shown() -> bool:
        shown.append(shell(block("aws sqs receive-message")))
        return "no request" in shown[-1]

    stack.wait_until(is_shown, 20, "the message is refused")
    assert "the message is not valid JSON" in shown[-1]
    (line,) = re.findall(r"`(aws sqs purge-queue [^`]+RefusedDlqUrl[^`]+)`", RUNBOOK)
    shell(line)
    assert not refused(stack)
