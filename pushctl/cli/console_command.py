"""`pushctl console`: the local web page."""

from __future__ import annotations

import signal
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field

from pushctl.cli.session import returns, session_of
from pushctl.console.routing import Console
from pushctl.console.server import ConsoleServer, pictures_in
from pushctl.console.versions import Versions, default_folder


class ConsoleAddress(BaseModel):
    """Where the console is."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="The address to open; it holds the session's token")


def add_to(cli: typer.Typer) -> None:
    """Add the command to the program."""
    cli.command()(console)


@returns(ConsoleAddress)
def console(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port on 127.0.0.1; 0: any that is free.")
    ] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The game's pictures, by the names that messages have: shown in previews.",
        ),
    ] = None,
    versions: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where earlier versions of messages are kept."),
    ] = None,
) -> None:
    """Serve a web page for apps, messages, sending, players and operations, until Ctrl-C.

    It acts with your AWS credentials. Only 127.0.0.1 reaches it, and only with the address that is
    printed, which holds a token. docs/console.md shows it.

    \b
    Examples:
      pushctl --local console
      pushctl --stack windows-push-prod console --open --pictures Game/Assets
    """
    session = session_of(context)
    stack = session.stack
    server = ConsoleServer(
        Console(
            stack,
            Versions(versions or default_folder(stack.name)),
            {} if pictures is None else pictures_in(pictures),
        ),
        port=port,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    address = ConsoleAddress(url=server.url)
    session.emit(address, lambda s: s.say(server.url))
    session.note(f"the console of {stack.name}; Ctrl-C stops it")
    if show:
        webbrowser.open(server.url)
    try:
        server.serve()
    except KeyboardInterrupt:
        session.note("stopped")
    finally:
        server.release()


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
