"""`make deploy`: checks first what would fail later, then runs `sam deploy`.

    python -m tools.deployment.deploy ENV

Reads PARAMETERS (`Name=value …`) and YES (1: do not ask) from the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tools.deployment.account import check_deployable, failure_reasons, find_stack, open_account
from tools.deployment.errors import DeploymentError
from tools.deployment.issuer import check_issuer
from tools.deployment.next_steps import next_steps
from tools.deployment.settings import ROOT, Environment, environment, given_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tools.deployment.account import Account

    Run = Callable[[Sequence[str]], int]

SAM = ROOT / ".tools/sam/bin/sam"
BUILD = ["make", "--no-print-directory", "build"]


def deploy(
    env: Environment,
    given: dict[str, str],
    *,
    account: Account,
    run: Run,
    yes: bool,
    can_ask: bool,
) -> str:
    """Build and deploy an environment's stack; returns the next steps.

    Raises:
        DeploymentError: it cannot be deployed, or the deployment failed.
    """
    parameters = env.parameters | given
    if issuer := parameters.get("PlayerTokenIssuer"):
        check_issuer(issuer)
    cloudformation = account.client("cloudformation")
    check_deployable(find_stack(cloudformation, env.stack), env.name)
    if env.asks and not yes and not can_ask:
        raise DeploymentError(
            f"ENV={env.name} asks before it changes anything, and there is nobody to ask here;"
            f" run make deploy ENV={env.name} YES=1 after a review."
        )
    if run(BUILD):
        raise DeploymentError("The build failed; see above.")
    if run(sam_deploy(env, parameters, account.region, ask=env.asks and not yes)):
        reasons = failure_reasons(cloudformation, env.stack) if _exists(cloudformation, env) else []
        said = "\n".join(["see above", *[f"  {each}" for each in reasons]])
        raise DeploymentError(f"The stack {env.stack} was not deployed: {said}")
    stack = find_stack(cloudformation, env.stack)
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return "Nothing was changed."
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    return next_steps(outputs, account.region, env.stack)


def sam_deploy(
    env: Environment, parameters: dict[str, str], region: str, *, ask: bool
) -> list[str]:
    """Return the command; a parameter that is not given keeps the value that the stack has."""
    command = [
        str(SAM), "deploy", "--config-env", env.name, "--stack-name", env.stack,
        "--region", region, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
        "--no-fail-on-empty-changeset",
        "--confirm-changeset" if ask else "--no-confirm-changeset",
    ]  # fmt: skip
    if parameters:
        # SAM takes the part after = as it is between double quotes, blanks included.
        pairs = [f'{name}="{value}"' for name, value in parameters.items()]
        command += ["--parameter-overrides", " ".join(pairs)]
    return command


def _exists(cloudformation: object, env: Environment) -> bool:
    return find_stack(cloudformation, env.stack) is not None


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main(env: str) -> int:
    try:
        print(
            deploy(
                environment(env),
                given_parameters(os.environ.get("PARAMETERS", "")),
                account=open_account(),
                run=_run,
                yes=os.environ.get("YES") == "1",
                can_ask=sys.stdin.isatty(),
            )
        )
    except DeploymentError as error:
        print(f"make deploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else "dev"))
