"""`pushctl import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pushctl.cli.options import AppOption, read_time
from pushctl.cli.session import Session, returns, session_of
from pushctl.client.imports.records import Format
from pushctl.client.imports.runner import ImportReport, ImportSettings, import_channels


def add_to(cli: typer.Typer) -> None:
    """Add the command to the program."""
    cli.command("import")(import_)


@returns(ImportReport)
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export.")],
    app: AppOption,
    source: Annotated[
        Format,
        typer.Option(
            "--from",
            help="anh: Azure Notification Hubs (XML or JSON lines); sns: Amazon SNS; csv.",
        ),
    ],
    exported_at: Annotated[
        str, typer.Option(metavar="TIME", help="When the export was made: 2026-11-20T08:00:00Z.")
    ],
    player_tag: Annotated[
        str, typer.Option(metavar="PREFIX", help="anh: how the tag begins that names the player.")
    ] = "user:",
    topic_tag: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="anh: how tags begin that name topics.")
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget the progress of an earlier try.")
    ] = False,
) -> None:
    """Import channels from another push service, so that players are reached from the first day.

    Windows gives a channel for 30 days, so one expires 30 days after the export, or after the
    record's own date if it has one. A registration by the game is never replaced by an older
    record. Rejected records, with the reasons, are in FILE.rejects.csv. An import that was
    interrupted goes on when it is called again; one that is done changes nothing when repeated.

    CSV has a header with player and channel_uri, and may have device, locale, topics (separated by
    spaces), time_zone, app_version and renewed_at.

    \b
    Examples:
      pushctl import hub.xml --from anh --app space-duel --exported-at 2026-11-20T08:00:00Z
      pushctl import endpoints.json --from sns --app space-duel --exported-at 2026-11-20T08:00:00Z
    """
    session = session_of(context)
    settings = ImportSettings(
        app_id=app,
        format=source,
        exported_at=int(read_time(exported_at).timestamp()),
        player_tag=player_tag,
        topic_tag=topic_tag,
    )
    total = _lines(file) if file.is_file() else None
    with session.progress("importing", total) as progress:
        report = import_channels(
            session.stack,
            file,
            settings,
            restart=restart,
            progress=lambda counts: progress(counts.records, f"{counts.rejected} rejected"),
        )
    session.emit(report, lambda s: _show(s, report))


def _show(session: Session, report: ImportReport) -> None:
    counts = report.counts
    if report.resumed_at:
        session.say(f"went on after {report.resumed_at} records")
    session.say(
        f"{counts.records} records: {counts.imported} imported, {counts.kept} with a newer"
        f" registration, {counts.rejected} rejected"
    )
    for reason, count in list(report.reasons.items())[:20]:
        session.say(f"  {count} times: {reason}")
    if counts.rejected:
        session.say(f"the rejected records are in {report.rejects_file}")


def _lines(file: Path) -> int:
    with file.open("rb") as opened:
        return sum(block.count(b"\n") for block in iter(lambda: opened.read(1 << 20), b""))
