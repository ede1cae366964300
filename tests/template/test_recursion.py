"""A function that queues work for itself is not stopped as a loop; a loop by mistake is.

Lambda stops a function after 16 invocations in one chain of messages, and the message ends in the
dead-letter queue (AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent
infinite loops").
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from local.stack.build import SAM_PYTHON
from tools.template_yaml import ROOT, functions, referred, resources_of_type

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPAND = "from tools.check_template import TEMPLATE, expand; print(expand(TEMPLATE))"
QUEUES = resources_of_type("AWS::SQS::Queue")


def sent_to(node: Any) -> Iterator[str]:
    """Yield the queues that policy statements let a function send to."""
    if isinstance(node, list):
        for each in node:
            yield from sent_to(each)
    elif isinstance(node, dict) and "Effect" in node:
        resources = node["Resource"]
        if "sqs:SendMessage" in node["Action"]:
            for each in resources if isinstance(resources, list) else [resources]:
                yield referred(each)
    elif isinstance(node, dict):
        yield from sent_to(list(node.values()))


def next_functions() -> dict[str, set[str]]:
    """Return by function those that its messages invoke."""
    invoked: dict[str, set[str]] = {queue: set() for queue in QUEUES}
    for name, properties in functions().items():
        for event in properties["Events"].values():
            if event["Type"] == "SQS":
                invoked[referred(event["Properties"]["Queue"])].add(name)
    return {
        name: {each for queue in sent_to(properties["Policies"]) for each in invoked[queue]}
        for name, properties in functions().items()
    }


def recurring() -> set[str]:
    """Return the functions that their own messages may invoke, through others or not."""
    graph = next_functions()

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        waiting = set(graph[start])
        while waiting:
            found |= waiting
            waiting = {after for each in waiting for after in graph[each]} - found
        return found

    return {name for name in graph if name in reached(name)}


def test_sender_and_dispatcher_queue_work_for_themselves() -> None:
    assert recurring() == {"DispatcherFunction", "NotificationSenderFunction"}


@pytest.mark.parametrize("function", functions())
def test_function_may_recur_exactly_if_its_own_messages_invoke_it(function: str) -> None:
    allowed = functions()[function].get("RecursiveLoop") == "Allow"
    assert allowed is (function in recurring())


def test_translated_template_lets_them_recur() -> None:
    translated = json.loads(
        subprocess.run(
            [str(SAM_PYTHON), "-c", EXPAND], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    )
    allowed = {
        name
        for name, resource in translated["Resources"].items()
        if resource.get("Properties", {}).get("RecursiveLoop") == "Allow"
    }
    assert allowed == recurring()
