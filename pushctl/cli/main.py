"""The program `pushctl`: global options, exit codes, all commands."""

from __future__ import annotations

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, NoReturn

import typer

from pushctl.cli import (
    app_commands,
    console_command,
    dlq_commands,
    doctor_command,
    import_command,
    notification_commands,
    player_commands,
    send_command,
    stack_commands,
    template_commands,
    token_commands,
)
from pushctl.cli.session import Session, clean
from pushctl.client.errors import PushctlError

_INTERRUPTED = 130
_WRONG = 2
_FLAGS = {"--json", "--local"}
_VALUES = {"--stack", "--local-name", "--profile", "--region"}


cli = typer.Typer(
    name="pushctl",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@cli.callback()
def pushctl(
    context: typer.Context,
    stack: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A stack on AWS.", envvar="PUSHCTL_STACK"),
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="The laptop stack of make run.")] = False,
    local_name: Annotated[
        str, typer.Option(metavar="NAME", help="Its name, if make run was given one (NAME=).")
    ] = "run",
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="A profile of the AWS CLI (AWS_PROFILE).")
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="The AWS region (AWS_REGION).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the result as JSON, an object a line.")
    ] = False,
) -> None:
    """Operate a push backend: apps, templates, notifications, dead letters, access tokens.

    The stack is one on AWS (--stack NAME; credentials and region as in the AWS CLI) or the one that
    make run keeps running (--local). These options may stand anywhere on the line.

    Examples:

    \b
      pushctl --local status
      pushctl app list --stack windows-push-prod --region eu-west-1
      pushctl send --app space-duel --player sam --template ChallengeReceived -p challenger=Robin

    Exit codes:

    \b
      0  done                        4  somebody else changed it meanwhile
      1  problems were found         5  refused: by a rule, the service or Microsoft
      2  the command is wrong        6  AWS, the API or the network failed; try again
      3  something does not exist    7  no AWS credentials, or a permission is missing
    """
    context.obj = Session(
        stack_name=stack if not local or _is_given(context, "stack") else None,
        is_local=local,
        local_name=local_name,
        profile=profile,
        region=region,
        as_json=as_json,
    )


for commands in (stack_commands, console_command, send_command, doctor_command, import_command):
    commands.add_to(cli)
notification_commands.add_to(cli)
for group in (app_commands, template_commands, player_commands, dlq_commands, token_commands):
    group.add_to(cli)


def main(args: list[str] | None = None) -> NoReturn:
    """Run the program and exit with its code."""
    arguments = sys.argv[1:] if args is None else args
    sys.exit(run(arguments))


def run(args: list[str]) -> int:
    """Run the program; return the exit code. Failures are one sentence, never a traceback."""
    as_json = "--json" in args
    try:
        code = cli(_global_options_first(args), prog_name="pushctl", standalone_mode=False)
    except PushctlError as error:
        _fail(error.code, str(error), error.details, as_json=as_json)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _fail("interrupted", "stopped", (), as_json=as_json)
        return _INTERRUPTED
    except typer.TyperException as error:
        show = getattr(error, "show", None)  # the usage too
        if as_json or show is None:
            _fail("usage", str(error), (), as_json=as_json)
        else:
            show()
        return _WRONG
    except BrokenPipeError:  # `pushctl … | head`
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0


def program_version() -> str:
    """Return the version of the installed package, `source` in a clone."""
    try:
        return version("windows-push-backend")
    except PackageNotFoundError:
        return "source"


def _global_options_first(args: list[str]) -> list[str]:
    """Move the global options to the front, so that they may stand anywhere on the line."""
    front: list[str] = []
    rest: list[str] = []
    remaining = list(args)
    while remaining:
        each = remaining.pop(0)
        if each == "--":
            rest += [each, *remaining]
            break
        if each in _FLAGS or each.partition("=")[0] in _VALUES:
            front.append(each)
            if each in _VALUES and remaining:
                front.append(remaining.pop(0))
        else:
            rest.append(each)
    return [*front, *rest]


def _is_given(context: typer.Context, name: str) -> bool:
    """Return whether a parameter stands on the line, rather than in the environment."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _fail(code: str, message: str, details: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        body = {"error": {"code": code, "message": message, "details": list(details)}}
        sys.stderr.write(json.dumps(body) + "\n")
        return
    sys.stderr.write(f"pushctl: {clean(message)}\n")
    for each in details:
        sys.stderr.write(f"  {clean(each)}\n")
