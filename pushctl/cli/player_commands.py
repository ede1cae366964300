"""`pushctl player`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from push.players.accounts import ErasureReceipt
from pushctl.cli.options import AppOption, Yes
from pushctl.cli.session import Session, returns, session_of
from pushctl.client.apps import get_app
from pushctl.client.player_reports import PlayerReport, report_on_player
from pushctl.client.players import erase_player
from pushctl.client.when import clock_time

if TYPE_CHECKING:
    from push.players.accounts import PlayerAccount

player_cli = typer.Typer(no_args_is_help=True, help="Players: devices, what they got, erasure.")
PlayerArgument = Annotated[
    str, typer.Argument(metavar="PLAYER", help="The player's id: sub of the player's token.")
]


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.add_typer(player_cli, name="player")


@player_cli.command()
@returns(PlayerReport)
def show(
    context: typer.Context,
    player: PlayerArgument,
    app: AppOption,
    latest: Annotated[
        int, typer.Option(min=0, help="How many of the app's latest notifications to look through.")
    ] = 10,
) -> None:
    """Show a player's devices, and why they got the latest notifications, or did not.

    \b
    Examples:
      pushctl player show sam --app space-duel
      pushctl player show sam --app space-duel --latest 50
    """
    session = session_of(context)
    get_app(session.stack, app)  # of an app that does not exist, every player has no device
    found = report_on_player(session.stack, app, player, latest=latest)
    session.emit(found, lambda s: _show(s, found))


@player_cli.command()
@returns(PlayerReport)
def export(context: typer.Context, player: PlayerArgument, app: AppOption) -> None:
    """Write what is known of a player as JSON: devices, and all notifications of 30 days.

    It looks through every notification of the app, and says so for those to very many devices.

    Example: pushctl player export sam --app space-duel > sam.json
    """
    session = session_of(context)
    get_app(session.stack, app)
    found = report_on_player(session.stack, app, player, latest=None)
    session.emit(found, lambda _: typer.echo(found.model_dump_json(indent=2)))


@player_cli.command()
@returns(ErasureReceipt)
def erase(context: typer.Context, player: PlayerArgument, app: AppOption, yes: Yes = False) -> None:
    """Erase everything that is stored under a player, for good; asks before it does.

    Queued notifications are then not sent to the player. Records of past notifications expire
    within 30 days (docs/privacy.md).

    Example: pushctl player erase sam --app space-duel
    """
    session = session_of(context)
    get_app(session.stack, app)
    session.confirm(f"Erase player '{player}' of {app} on {session.stack.name}?", yes=yes)
    receipt = erase_player(session.stack, app, player)

    def show_it(session: Session) -> None:
        for name, count in receipt.model_dump(exclude={"player_id", "records_expire_by"}).items():
            session.say(f"{count} {name.replace('_', ' ')} erased")
        session.say(
            f"records of past notifications are deleted by {clock_time(receipt.records_expire_by)}"
        )

    session.emit(receipt, show_it)


def _show(session: Session, report: PlayerReport) -> None:
    _show_account(session, report.account)
    session.say("")
    if not report.notifications:
        session.say("none of the notifications that were looked through was for this player")
    for each in report.notifications:
        what = each.template or "no template"
        session.say(
            f"{clock_time(each.accepted_at)}  {each.notification_id}  {what}, {each.state}", "bold"
        )
        for sentence in each.sentences:
            session.say(f"  {sentence}")


def _show_account(session: Session, account: PlayerAccount) -> None:
    presence = "in the game" if account.in_game else "not in the game"
    topics = ", ".join(account.topics) or "none"
    session.say(f"{account.player_id}: {presence}; topics: {topics}", "bold")
    if not account.devices:
        session.say("no registered device: notifications cannot reach this player", "yellow")
        return
    session.table(
        ("device", "channel", "locale", "version", "renewed", "expires"),
        [
            (
                each.device_id,
                each.channel_host,
                each.locale or "",
                each.app_version or "",
                clock_time(each.renewed_at),
                clock_time(each.expires_at),
            )
            for each in account.devices
        ],
    )
