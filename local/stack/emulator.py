"""Starts the AWS emulator under its own interpreter, with workarounds for its defects.

The emulator is pinned by its hash, so the internals that are patched here exist.
"""

import io
import json
import os
import re
import tempfile
import uuid
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import iam, lambda_svc, scheduler, sqs

# How often it checks for due schedules; its own ten seconds are long at a terminal.
SCHEDULE_INTERVAL_SECONDS = 1
KEY_TAGS = ("AccessKeyId", "SecretAccessKey")
SECRET_WITHOUT_SUFFIX = re.compile("arn:.*(?<!-[A-Za-z0-9]{6})")

action_of_request = iam_actions.extract_iam_action
resource_of_request = iam_actions.extract_resource_arn
checks_of_transaction = iam_actions.dynamodb_transaction_checks
create_access_key = iam._create_access_key  # noqa: SLF001 (it has no other name)
zip_of_layer = lambda_svc._resolve_layer_zip  # noqa: SLF001 (it has no other name)
concurrency_of_source = lambda_svc._sqs_esm_concurrency  # noqa: SLF001 (it has no other name)
response_of_function = lambda_svc.lambda_execute_result_to_api_proxy_response


def action_without_batch(*request: Any) -> str | None:
    """Authorize SQS batch requests by the action of single ones, as IAM does."""
    action: str | None = action_of_request(*request)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def resource_as_iam_sees_it(service: str, *request: Any) -> str:
    """Build the ARNs that IAM authorizes: a schedule's with its group, a secret's with a suffix.

    The emulator omits both the group and, for a secret named only, the six random characters.
    """
    _, path, _, body, query, region, account = request
    if service == "scheduler" and path.startswith("/schedules/"):
        group = json.loads(body or b"{}").get("GroupName") or query.get("groupName", "default")
        group = group[0] if isinstance(group, list) else group
        name = path.removeprefix("/schedules/")
        return f"arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}"
    resource: str = resource_of_request(service, *request)
    is_name_only = service == "secretsmanager" and SECRET_WITHOUT_SUFFIX.fullmatch(resource)
    return f"{resource}-000000" if is_name_only else resource


def checks_of_statements(action: str, body: bytes, region: str, account: str) -> Any:
    """Authorize a batch of PartiQL statements by what each does to its table, as IAM does.

    The emulator takes `BatchExecuteStatement` for an action, without a resource.
    """
    if action != "dynamodb:BatchExecuteStatement":
        return checks_of_transaction(action, body, region, account)
    texts = [each["Statement"].split() for each in json.loads(body)["Statements"]]
    return [
        (
            f"dynamodb:PartiQL{words[0].capitalize()}",
            f"arn:aws:dynamodb:{region}:{account}:table/{_table_of(words)}",
        )
        for words in texts
    ]


def _table_of(words: list[str]) -> str:
    """Return the table of a statement: `UPDATE table`, `INSERT INTO table`, `… FROM table`."""
    at = 1
    for place, word in enumerate(words):
        if word.upper() in {"INTO", "FROM"}:
            at = place + 1
            break
    return words[at].strip('"')


def concurrency_as_number(source: dict[str, Any], *rest: Any) -> int:
    """Take a concurrency that came from a parameter for a number; the emulator keeps it as text."""
    scaling = source.get("ScalingConfig")
    if scaling and "MaximumConcurrency" in scaling:
        scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
    limit: int = concurrency_of_source(source, *rest)
    return limit


def response_without_null(result: Any) -> Any:
    """Treat `"body": null` as no body, as API Gateway does; the emulator fails on it."""
    response, *rest = response_of_function(result)
    return {name: value for name, value in response.items() if value is not None}, *rest


def access_key_that_stays(parameters: Any) -> Any:
    """Create an access key with the id and secret that the launcher asks for, if it does.

    The emulator's own are new at every start, so that nothing which names them could be kept.
    """
    status, headers, body = create_access_key(parameters)
    given = os.environ.get("LAPTOP_ACCESS_KEY_ID"), os.environ.get("LAPTOP_SECRET_ACCESS_KEY")
    made = [re.search(rf"<{tag}>(.*?)</".encode(), body) for tag in KEY_TAGS]
    if not all(given) or not all(made):
        return status, headers, body
    old = [found.group(1).decode() for found in made if found]
    record = iam._access_keys.pop(old[0])  # noqa: SLF001 (it has no other name)
    iam._access_keys[given[0]] = record | dict(zip(KEY_TAGS, given, strict=True))  # noqa: SLF001
    for before, after in zip(old, given, strict=True):
        body = body.replace(before.encode(), str(after).encode())
    return status, headers, body


@cache
def zip_with_path_to(arn: str) -> bytes | None:
    """Unpack a layer once and return a small layer that puts that copy first on the path.

    The emulator unpacks layers at every cold start, which takes longer than the start itself.
    """
    zipped = zip_of_layer(arn)
    if not zipped:
        return None
    folder = Path(tempfile.mkdtemp(prefix="layer-"))
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        archive.extractall(folder)
    small = io.BytesIO()
    with zipfile.ZipFile(small, "w") as archive:
        line = f"import sys; sys.path.insert(0, {str(folder / 'python')!r})\n"
        archive.writestr("python/lib/any/site-packages/layer.pth", line)
    return small.getvalue()


def zip_of_attachment(layer: Any) -> bytes | None:
    return zip_with_path_to(layer if isinstance(layer, str) else layer["Arn"])


def start_message_move_task(request: dict[str, Any], _: str) -> dict[str, str]:
    """Move the messages of a dead-letter queue; the emulator has no such action.

    As AWS does it (Amazon SQS API reference, StartMessageMoveTask): the source has to be the
    dead-letter queue of another queue; without a destination, messages return to the queue that
    they came from, and those that came from none stay; a moved message gets another id.
    """
    source = _queue_by_arn(request["SourceArn"])
    policies = (each["attributes"].get("RedrivePolicy", "{}") for each in sqs._queues.values())  # noqa: SLF001
    targets = {json.loads(each).get("deadLetterTargetArn") for each in policies}
    if request["SourceArn"] not in targets:
        raise sqs._Err("InvalidParameterValue", "Source queue must be a dead-letter queue.")  # noqa: SLF001
    stay = []
    for message in source["messages"]:
        origin = message.get("sys", {}).get("DeadLetterQueueSourceArn")
        destination = request.get("DestinationArn", origin)
        if destination is None:
            stay.append(message)
            continue
        moved = {**message, "id": str(uuid.uuid4()), "receive_count": 0, "receipt_handle": None}
        _queue_by_arn(destination)["messages"].append(moved)
    source["messages"] = stay
    sqs.esm_wake.set()
    return {"TaskHandle": "moved"}


def _queue_by_arn(arn: str) -> dict[str, Any]:
    found: dict[str, Any] | None = sqs._queue_by_arn(arn)  # noqa: SLF001 (it has no other name)
    if found is None:
        raise sqs._Err("ResourceNotFoundException", "The queue does not exist.")  # noqa: SLF001
    return found


sqs._HANDLERS["StartMessageMoveTask"] = start_message_move_task  # noqa: SLF001 (no setting)
scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_INTERVAL_SECONDS  # noqa: SLF001 (it has no setting)
iam._IAM_HANDLERS["CreateAccessKey"] = access_key_that_stays  # noqa: SLF001 (no setting)
iam_actions.extract_iam_action = action_without_batch
iam_actions.dynamodb_transaction_checks = checks_of_statements
iam_actions.extract_resource_arn = resource_as_iam_sees_it
lambda_svc._resolve_layer_zip = zip_of_attachment  # noqa: SLF001 (it has no other name)
lambda_svc.lambda_execute_result_to_api_proxy_response = response_without_null
lambda_svc._sqs_esm_concurrency = concurrency_as_number  # noqa: SLF001 (it has no other name)
app.main()
