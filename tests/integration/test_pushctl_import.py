"""Imported channels get notifications, and never replace what the game has registered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pushctl.client.errors import NotFoundError, RefusedError
from pushctl.client.imports.runner import ImportReport, ImportSettings, import_channels
from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import APP, game_fixture, open_channel, request, texts
from tests.integration.pushctl_stack import stack_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.backend import Backend

DAY = 86_400
NOW = int(time.time())
game = game_fixture()


def new_uri(game: Backend, device: str) -> str:
    return game.wns.create_channel(app=PACKAGE_SID, device_id=device).channel_uri


def run(
    game: Backend, folder: Path, *lines: str, age_s: int = DAY, name: str = "x.csv"
) -> ImportReport:
    file = folder / name
    file.write_text("player,device,channel_uri,topics,renewed_at\n" + "\n".join(lines) + "\n")
    settings = ImportSettings(app_id=APP, format="csv", exported_at=NOW - age_s)
    return import_channels(stack_of(game), file, settings)


def channel(game: Backend, player: str, device: str) -> dict[str, Any]:
    key = {"pk": f"{APP}#{player}", "sk": device}
    return dict(game.table("ChannelsTable").get_item(Key=key).get("Item", {}))


def rejects(folder: Path, name: str = "x.csv") -> list[str]:
    return (folder / f"{name}.rejects.csv").read_text().splitlines()[1:]


def test_imported_channel_is_notified_and_expires_thirty_days_after_the_export(
    game: Backend, tmp_path: Path
) -> None:
    report = run(game, tmp_path, f"player-1,pc,{new_uri(game, 'pc')},clan-1,", age_s=10 * DAY)
    assert report.counts.imported == 1
    assert channel(game, "player-1", "pc")["expires_at"] == NOW + 20 * DAY
    game.send_request(request("player-1"))
    game.send_request(request() | {"audience": {"topic": "clan-1"}, "request_id": "t"})
    game.work()
    assert len(texts(game, "pc")) == 2


def test_newer_registration_by_the_game_is_kept(game: Backend, tmp_path: Path) -> None:
    own = open_channel(game, "player-1", "pc")
    report = run(game, tmp_path, f"player-1,pc,{new_uri(game, 'pc')},,")
    assert (report.counts.kept, report.counts.imported) == (1, 0)
    assert channel(game, "player-1", "pc")["channel_uri"] == own


def test_channel_of_another_player_is_not_taken_from_them(game: Backend, tmp_path: Path) -> None:
    theirs = open_channel(game, "player-2", "pc")
    report = run(game, tmp_path, f"player-1,pc,{theirs},,")
    assert report.counts.rejected == 1
    assert rejects(tmp_path) == ["2,another device has this channel"]
    assert not channel(game, "player-1", "pc")
    assert channel(game, "player-2", "pc")["channel_uri"] == theirs


def test_newer_record_of_a_channel_takes_it_from_the_older(game: Backend, tmp_path: Path) -> None:
    uri = new_uri(game, "pc")
    older, newer = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * DAY))
        for days in (9, 2)
    )
    report = run(game, tmp_path, f"player-1,pc,{uri},clan-1,{older}", f"player-2,pc,{uri},,{newer}")
    assert report.counts.imported == 2
    assert not channel(game, "player-1", "pc")
    assert channel(game, "player-2", "pc")["channel_uri"] == uri


def test_game_takes_an_imported_channel_over(game: Backend, tmp_path: Path) -> None:
    uri = new_uri(game, "pc")
    run(game, tmp_path, f"player-1,import-id,{uri},,")
    status, _ = game.call_as_player(
        "player-1", "PUT", f"/apps/{APP}/channels/own-id", {"channel_uri": uri}
    )
    assert status == 201
    assert not channel(game, "player-1", "import-id")


def test_repeated_import_leaves_the_table_as_it_is(game: Backend, tmp_path: Path) -> None:
    lines = [f"player-{n},pc-{n},{new_uri(game, f'pc-{n}')},clan-{n}," for n in range(3)]
    first = run(game, tmp_path, *lines)
    before = game.items("ChannelsTable"), game.items("TopicsTable")
    again = run(game, tmp_path, *lines)
    assert again.counts == first.counts
    assert (game.items("ChannelsTable"), game.items("TopicsTable")) == before


def test_eleventh_device_of_a_player_is_rejected(game: Backend, tmp_path: Path) -> None:
    lines = [f"player-1,pc-{n},{new_uri(game, f'pc-{n}')},," for n in range(11)]
    report = run(game, tmp_path, *lines)
    assert (report.counts.imported, report.counts.rejected) == (10, 1)


def test_export_of_more_than_thirty_days_ago_is_refused(game: Backend, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="more than 30 days old"):
        run(game, tmp_path, f"player-1,pc,{new_uri(game, 'pc')},,", age_s=31 * DAY)


def test_file_without_the_columns_is_refused(game: Backend, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("user,uri\nplayer-1,x\n")
    settings = ImportSettings(app_id=APP, format="csv", exported_at=int(time.time()))
    with pytest.raises(RefusedError, match="must name the columns"):
        import_channels(stack_of(game), file, settings)
    with pytest.raises(NotFoundError):
        import_channels(stack_of(game), file, settings.model_copy(update={"app_id": "nobodys-app"}))
