"""pushctl in this process, against the laptop stack, and an app to use it on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import jsonschema_rs

from local.stack.build import ROOT
from pushctl.cli.main import run
from tests import operator_calls

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.stack import LaptopStack

SECRET = "canary-secret-5f1c2e"
TEMPLATE: dict[str, Any] = {
    "default_locale": "en-US",
    "locales": {
        "en-US": {"toast": {"texts": ["${challenger} challenges you"]}},
        "de-DE": {"toast": {"texts": ["${challenger} fordert dich heraus"]}},
    },
}


SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/pushctl.schema.json").read_text("utf-8"))
validated: set[str] = set()
"""Commands whose output was compared with the schema."""


class Output(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line as JSON."""
        return json.loads(self.out.strip().splitlines()[-1])


def validate(args: tuple[object, ...], done: Output) -> None:
    """Compare every line of a command's output with the documented schema of the command."""
    words = " ".join(str(each) for each in args[:2])
    command = words if words in SCHEMA["commands"] else str(args[0])
    schema = SCHEMA["commands"][command] | {"$defs": SCHEMA["$defs"]}
    for line in done.out.strip().splitlines():
        jsonschema_rs.validate(schema, json.loads(line))
    validated.add(command)


@dataclass
class Pushctl:
    """Runs pushctl on a stack."""

    state_file: Path

    @classmethod
    def of(cls, stack: LaptopStack, folder: Path) -> Pushctl:
        """Return pushctl for a stack, whose state file is put into a folder."""
        file = folder / "stack.json"
        file.write_text(json.dumps(asdict(stack.run_state())), encoding="utf-8")
        return cls(file)

    def __call__(self, *args: object, stdin: str = "") -> Output:
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, {"PUSHCTL_LOCAL_STATE": str(self.state_file)}),
            mock.patch("sys.stdin", io.StringIO(stdin)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            operator_calls.recorded(),
        ):
            code = run(["--local", *map(str, args)])
        return Output(code, out.getvalue(), err.getvalue())

    def ok(self, *args: object, stdin: str = "") -> Output:
        """Run a command that has to succeed."""
        done = self(*args, stdin=stdin)
        assert done.code == 0, (args, done)
        return done

    def json(self, *args: object, stdin: str = "") -> Any:
        """Run a command that has to succeed with --json; return what it writes, once it is as the
        documented schema says."""
        done = self.ok(*args, "--json", stdin=stdin)
        validate(args, done)
        return done.json


@dataclass
class Game:
    """An app of its own on the stack, with a player's device."""

    stack: LaptopStack
    pushctl: Pushctl
    app: str
    package_sid: str
    player: str = "sam"
    device: str = ""
    channel_uri: str = ""

    def put_credentials(self, secret: str = SECRET) -> Output:
        return self.pushctl(
            "credentials", "put", self.app, "--package-sid", self.package_sid, stdin=f"{secret}\n"
        )

    def wait_for_token(self) -> None:
        """Wait until the app's access token is stored."""
        self.stack.wait_until(
            lambda: self.pushctl.json("token", "show", self.app)["is_valid"], 20, "a token"
        )

    def register(self, device: str, *, player: str | None = None, **fields: Any) -> str:
        """Let a device register a channel; return its URI."""
        channel = self.stack.wns.create_channel(app=self.package_sid, device_id=device)
        self.register_uri(device, channel.channel_uri, player=player, **fields)
        return channel.channel_uri

    def register_uri(
        self, device: str, channel_uri: str, *, player: str | None = None, **fields: Any
    ) -> None:
        """Register a channel URI."""
        token = self.stack.player_token(player or self.player)
        response = self.stack.player_request(
            "PUT",
            f"/apps/{self.app}/channels/{device}",
            token=token,
            json={"channel_uri": channel_uri} | fields,
        )
        assert response.ok, response.text

    def put_template(self, template_id: str = "Challenge", **fields: Any) -> None:
        """Store a template."""
        path = f"/apps/{self.app}/templates/{template_id}"
        assert self.stack.signed_request("PUT", path, TEMPLATE | fields).ok

    def send(self, *options: object) -> str:
        """Send the template to the player; return the notification's id."""
        sent = self.pushctl.json(
            "send", "-a", self.app, "--player", self.player, "-t", "Challenge",
            "-p", "challenger=Robin", *options,
        )  # fmt: skip
        (notification_id,) = sent["notification_ids"]
        return str(notification_id)


def make_game(stack: LaptopStack, pushctl: Pushctl, *, device: bool = True) -> Game:
    """Return a new app that can send, with a template and a player's device."""
    name = f"game-{secrets.token_hex(4)}"
    numbers = "-".join(str(secrets.randbelow(10**9)) for _ in range(7))
    game = Game(stack, pushctl, name, f"ms-app://s-1-15-2-{numbers}")
    stack.wns.put_app(package_sid=game.package_sid, client_secret=SECRET)
    pushctl.ok("app", "put", name, "--name", "Space Duel", "--audience", "windows-game")
    done = game.put_credentials()
    assert done.code == 0, done
    game.wait_for_token()
    game.put_template()
    if device:
        game.device = f"pc-{name}"
        game.channel_uri = game.register(game.device, locale="en-US")
    return game
