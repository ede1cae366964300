"""What only AWS can show: permissions, alarms, loop detection and concurrency as they are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tools.smoke.target import NotHereError, SmokeError

if TYPE_CHECKING:
    from tools.smoke.target import Target

ANY_SUFFIX = "-Ab12Cd"  # six characters that Secrets Manager adds to a secret's name
OF_SECRETS = {
    "OperatorApiRole": ("credentials", ["CreateSecret", "PutSecretValue", "DeleteSecret"]),
    "TokenRefresherRole": (
        "access-token",
        ["CreateSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"],
    ),
    "NotificationSenderRole": ("access-token", ["GetSecretValue"]),
}
LOOPING = ("DispatcherFunction", "NotificationSenderFunction")
ROOM_FOR_API = 2


def check_secrets_that_are_not_there_yet(target: Target) -> str:
    """Check that a secret's policies also hold before it exists.

    A call for an absent secret is authorized by the name as it was given, without a suffix; if the
    policy did not match, AWS would say AccessDenied, not ResourceNotFound.
    """
    iam = target.client("iam")
    account = target.client("sts").get_caller_identity()["Account"]
    partition = target.outputs["GameEventBusArn"].split(":")[1]
    for role, (secret, operations) in OF_SECRETS.items():
        name = f"{target.stack}/apps/smoke/{secret}"
        arn = f"arn:{partition}:secretsmanager:{target.region}:{account}:secret:{name}"
        for resource in (arn, f"{arn}{ANY_SUFFIX}"):
            results = iam.simulate_principal_policy(
                PolicySourceArn=f"arn:{partition}:iam::{account}:role/{target.resources[role]}",
                ActionNames=[f"secretsmanager:{operation}" for operation in operations],
                ResourceArns=[resource],
            )["EvaluationResults"]
            for each in results:
                if each["EvalDecision"] != "allowed":
                    raise SmokeError(
                        f"{role} may not {each['EvalActionName']} on {resource}"
                        f" ({each['EvalDecision']})"
                    )
    return "functions may read and create secrets that are not there yet"


def check_alarms_of_absent_metrics(target: Target) -> str:
    """Check that an expression over metrics that never had data gives numbers, not nothing."""
    cloudwatch = target.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    ours = set(target.resources.values())
    alarms = [
        each
        for page in pages
        for each in page["MetricAlarms"]
        if each["AlarmName"] in ours and each.get("Metrics")
    ]
    if not alarms:
        raise NotHereError("there is no alarm on metric math")
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    empty = []
    for alarm in alarms:
        found = cloudwatch.get_metric_data(
            MetricDataQueries=alarm["Metrics"],
            StartTime=now - timedelta(hours=3),
            EndTime=now,
        )["MetricDataResults"]
        if not any(each["Values"] for each in found):
            empty.append(alarm["AlarmName"])
    if empty:
        raise SmokeError(f"alarms see no data, so they cannot ring: {', '.join(empty)}")
    return f"{len(alarms)} alarms on metric math see data"


def check_loop_detection(target: Target) -> str:
    """Check that Lambda lets the two functions that queue work for themselves go on."""
    functions = target.client("lambda")
    for name in LOOPING:
        setting = functions.get_function_recursion_config(FunctionName=target.resources[name])
        if setting["RecursiveLoop"] != "Allow":
            raise SmokeError(f"Lambda would stop {name} as a loop; RecursiveLoop must be Allow")
    return "loop detection lets the dispatcher and the sender go on"


def check_concurrency(target: Target) -> str:
    """Check that the workers leave the API some of the account's concurrency."""
    functions = target.client("lambda")
    limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    wanted = sum(_most_at_a_time(functions, target.resources[name]) for name in LOOPING)
    if wanted > limit - ROOM_FOR_API:
        raise SmokeError(
            f"workers may take {wanted} of the account's {limit} concurrent executions; raise the"
            ' quota, or lower the concurrency parameters (docs/deploy.md, "Quotas")'
        )
    return f"workers take at most {wanted} of the account's {limit} concurrent executions"


def _most_at_a_time(functions: Any, name: str) -> int:
    found = functions.list_event_source_mappings(FunctionName=f"{name}:live")["EventSourceMappings"]
    return sum(each["ScalingConfig"]["MaximumConcurrency"] for each in found)


CHECKS = (
    check_secrets_that_are_not_there_yet,
    check_alarms_of_absent_metrics,
    check_loop_detection,
    check_concurrency,
)
