"""`pushctl app` and `pushctl credentials`."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel, ValidationError
from rich.text import Text

from push.apps.models import App, AppSettings
from pushctl.cli.errors import UsageError
from pushctl.cli.options import AppArgument, Yes, read_document
from pushctl.cli.session import Session, returns, session_of
from pushctl.client import apps
from pushctl.client.errors import RefusedError
from wns.oauth import CREDENTIALS

app_cli = typer.Typer(no_args_is_help=True, help="Apps: games as registered with Microsoft.")
credentials_cli = typer.Typer(no_args_is_help=True, help="What an app signs in to Microsoft with.")


class Done(BaseModel):
    """What was done, of commands that return nothing else."""

    done: str


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.add_typer(app_cli, name="app")
    cli.add_typer(credentials_cli, name="credentials")


@app_cli.command("list")
@returns(apps.AppList)
def list_(context: typer.Context) -> None:
    """List the apps.

    Example: pushctl app list --local
    """
    session = session_of(context)
    found = apps.list_apps(session.stack)
    rows = [(each.app_id, each.name, each.identity, _state(each)) for each in found.apps]
    session.emit(found, lambda s: s.table(("app", "name", "identity", "state"), rows))


@app_cli.command()
@returns(App)
def show(context: typer.Context, app: AppArgument) -> None:
    """Show an app's settings.

    Example: pushctl app show space-duel --local
    """
    session = session_of(context)
    _show(session, apps.get_app(session.stack, app))


@app_cli.command()
@returns(App)
def put(
    context: typer.Context,
    app: AppArgument,
    file: Annotated[
        Path | None, typer.Option(help="Settings as JSON or YAML, as the API takes them.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The game's name.")] = None,
    identity: Annotated[
        Literal["package_sid", "entra"] | None,
        typer.Option(help="package_sid for UWP and Store apps, entra for the Windows App SDK."),
    ] = None,
    audience: Annotated[
        list[str] | None, typer.Option(help="aud of the player tokens to accept; may be repeated.")
    ] = None,
    send_rate: Annotated[int | None, typer.Option(help="Notifications per second.")] = None,
) -> None:
    """Create an app, or replace its settings. A stopped app resumes.

    Settings that are not given get their defaults: take the file that `pushctl app show --json`
    wrote to change one.

    \b
    Examples:
      pushctl app put space-duel --name "Space Duel" --audience windows-game
      pushctl app put space-duel --file space-duel.yaml
    """
    session = session_of(context)
    fields: dict[str, Any] = read_document(file) if file else {}
    fields = {key: value for key, value in fields.items() if key not in {"app_id", "stopped"}}
    given = {
        "name": name, "identity": identity, "token_audiences": audience, "send_rate": send_rate
    }  # fmt: skip
    fields |= {key: value for key, value in given.items() if value is not None}
    try:
        settings = AppSettings.model_validate(fields)
    except ValidationError as error:
        raise refused("the settings are not valid", error) from None
    _show(session, apps.put_app(session.stack, app, settings))


@app_cli.command()
@returns(App)
def enable(context: typer.Context, app: AppArgument) -> None:
    """Switch an app on: its notifications are sent.

    Example: pushctl app enable space-duel
    """
    session = session_of(context)
    _show(session, apps.set_enabled(session.stack, app, enabled=True))


@app_cli.command()
@returns(App)
def disable(context: typer.Context, app: AppArgument) -> None:
    """Switch an app off: new notifications are recorded as suppressed and not sent.

    Example: pushctl app disable space-duel
    """
    session = session_of(context)
    _show(session, apps.set_enabled(session.stack, app, enabled=False))


@app_cli.command()
@returns(App)
def resume(context: typer.Context, app: AppArgument) -> None:
    """Resume an app that WNS stopped (quota, blocked sender), or that WNS asked to wait.

    Example: pushctl app resume space-duel
    """
    session = session_of(context)
    _show(session, apps.resume_app(session.stack, app))


@app_cli.command()
@returns(Done)
def delete(context: typer.Context, app: AppArgument, yes: Yes = False) -> None:
    """Delete an app, its credentials and its access token. Its channels expire.

    Example: pushctl app delete space-duel
    """
    session = session_of(context)
    apps.get_app(session.stack, app)
    session.confirm(f"Delete app '{app}' of {session.stack.name}?", yes=yes)
    apps.delete_app(session.stack, app)
    session.emit(Done(done=f"deleted {app}"), lambda s: s.say(f"deleted {app}"))


@credentials_cli.command("put")
@returns(Done)
def put_credentials(
    context: typer.Context,
    app: AppArgument,
    package_sid: Annotated[
        str | None, typer.Option(metavar="SID", help="ms-app://S-1-15-2-…, of Partner Center.")
    ] = None,
    tenant_id: Annotated[str | None, typer.Option(help="Of Microsoft Entra.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Of Microsoft Entra.")] = None,
) -> None:
    """Store an app's credentials, once Microsoft has accepted them.

    The secret is asked for, or read from standard input; it cannot be an argument, which other
    programs could see. If Microsoft refuses, its own reason is shown.

    \b
    Examples:
      pushctl credentials put space-duel --package-sid ms-app://S-1-15-2-1004010101-…
      pushctl credentials put space-duel --tenant-id … --client-id … < secret.txt
    """
    session = session_of(context)
    given = {"package_sid": package_sid, "tenant_id": tenant_id, "client_id": client_id}
    if package_sid is None and (tenant_id is None or client_id is None):
        raise UsageError("give --package-sid, or --tenant-id and --client-id")
    fields: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    fields["identity"] = "package_sid" if package_sid else "entra"
    fields["client_secret"] = _read_secret()
    try:
        credentials = CREDENTIALS.validate_python(fields)
    except ValidationError as error:
        raise refused("the credentials are not valid", error) from None
    apps.put_credentials(session.stack, app, credentials)
    sentence = f"Microsoft accepted the credentials of {app}; they are stored"
    session.emit(Done(done=sentence), lambda s: s.say(sentence))


def refused(message: str, error: ValidationError) -> RefusedError:
    """Return an error that names the fields of an input, never what is in them."""
    details = [
        f"{'.'.join(map(str, each['loc'])) or 'input'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return RefusedError(message, details=details)


def _read_secret() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Client secret: ").strip()
    return sys.stdin.readline().strip("\r\n ")


def _state(app: App) -> Text:
    if app.stopped is not None:
        return Text(f"stopped: {app.stopped}", style="red")
    return Text("on", style="green") if app.enabled else Text("off", style="yellow")


def _show(session: Session, app: App) -> None:
    rows = [(name, _shown(value)) for name, value in app.model_dump(mode="json").items()]
    session.emit(app, lambda s: s.table(("setting", "value"), rows))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items() if each is not None) or "-"
    return "-" if value is None else str(value)
