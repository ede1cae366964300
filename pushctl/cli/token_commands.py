"""`pushctl token`."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import BaseModel

from pushctl.cli.options import AppArgument
from pushctl.cli.session import returns, session_of
from pushctl.client.tokens import TokenInfo, TokenRefresh, refresh_due, refresh_token, token_info
from pushctl.client.when import clock_time

token_cli = typer.Typer(
    no_args_is_help=True, help="Access tokens that notifications are sent with."
)


class Refreshes(BaseModel):
    """The result for each app."""

    apps: list[TokenRefresh]


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.add_typer(token_cli, name="token")


@token_cli.command()
@returns(TokenInfo)
def show(context: typer.Context, app: AppArgument) -> None:
    """Show how old an app's access token is and when it expires; never the token.

    Example: pushctl token show space-duel
    """
    session = session_of(context)
    found = token_info(session.stack, app)
    shown = {
        "credentials": "stored" if found.has_credentials else "none: pushctl credentials put",
        "token": "valid" if found.is_valid else "expired" if found.is_stored else "none",
        "stored at": clock_time(found.stored_at) if found.stored_at else "-",
        "expires at": clock_time(found.expires_at) if found.expires_at else "-",
    }
    if found.is_of_current_credentials is False:
        shown["note"] = "obtained with earlier credentials"
    session.emit(found, lambda s: s.table((app, ""), shown.items()))


@token_cli.command()
@returns(Refreshes)
def refresh(
    context: typer.Context,
    app: Annotated[
        str | None, typer.Argument(metavar="[APP]", help="The app's id; without: all that are due.")
    ] = None,
) -> None:
    """Let the token refresher run now, ahead of its schedule.

    For one app, the stored token is replaced if it is older than ten minutes.

    \b
    Examples:
      pushctl token refresh
      pushctl token refresh space-duel
    """
    session = session_of(context)
    found = [refresh_token(session.stack, app)] if app else refresh_due(session.stack)
    rows = [(each.app_id, each.status, each.sentence) for each in found]
    session.emit(Refreshes(apps=found), lambda s: s.table(("app", "status", ""), rows))
    if any(each.status == "failed" for each in found):
        raise typer.Exit(1)
