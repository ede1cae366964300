"""The console's server: a page, its files and JSON routes, for the browser of who started it."""

from __future__ import annotations

import json
import mimetypes
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel

from pushctl.client.errors import PushctlError, RefusedError
from pushctl.console import (
    STATIC,
    app_routes,
    message_routes,
    notification_routes,
    operation_routes,
)
from pushctl.console.guard import HOST, RESPONSE_HEADERS, Guard
from pushctl.console.routing import Call, Console, find_route

if TYPE_CHECKING:
    from pathlib import Path

ROUTES = [
    *app_routes.ROUTES,
    *message_routes.ROUTES,
    *notification_routes.ROUTES,
    *operation_routes.ROUTES,
]
LARGEST_BODY = 1_000_000
_IDLE_S = 60
_STATUS = {2: 422, 3: 404, 4: 409, 5: 422, 6: 503, 7: 403}
"""HTTP status by the exit code that an error has on the command line."""
PICTURE_TYPES = {".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}


class ConsoleServer:
    """Serves a console on 127.0.0.1; with `with`, in the background until it is left.

    Attributes:
        url: the address to open; it holds the session's token.
    """

    def __init__(self, console: Console, *, port: int = 0) -> None:
        """Listen on a port; 0: any that is free.

        Raises:
            RefusedError: the port is taken.
        """
        try:
            self._server = _Server(console, port)
        except OSError as error:
            raise RefusedError(f"port {port} cannot be used: {error.strerror}") from None
        self.url = self._server.guard.url

    def serve(self) -> None:
        """Serve until KeyboardInterrupt, or `close` in another thread."""
        self._server.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """Stop listening; requests in flight are cut off."""
        self._server.shutdown()
        self._server.server_close()

    def release(self) -> None:
        """Stop listening after `serve` has ended."""
        self._server.server_close()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, name="console", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, console: Console, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.console = console
        self.guard = Guard(self.server_port)
        # Every file that can be asked for; a path is a key and never becomes a file's name.
        self.files = {
            **_files(STATIC),
            **{f"pictures/{name}": file for name, file in console.pictures.items()},
        }

    def handle_error(self, *_: object) -> None:
        """Leave out what a browser does all the time: closing a connection."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            _report(sys.exception())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    server_version = "pushctl"
    sys_version = ""

    def do_GET(self) -> None:
        self._respond()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing: paths hold the token."""

    def _respond(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        refusal = self.server.guard.refusal(self.command, url.path, headers)
        if refusal is not None:
            self.close_connection = True  # a body may follow, which is not read
            self._send_error(refusal.status, refusal.code, refusal.message)
            return
        path = self.server.guard.local_path(url.path)
        if path.startswith("api/"):
            self._call(path.removeprefix("api/"), dict(parse_qsl(url.query)))
        elif self.command in {"GET", "HEAD"}:
            self._send_file(self.server.files.get(path or "index.html"))
        else:
            self.close_connection = True
            self._send_error(405, "method_not_allowed", "files can only be read")

    def _call(self, path: str, query: dict[str, str]) -> None:
        try:
            body = self._body()
            route, names = find_route(ROUTES, self.command, path)
            result = route.act(Call(self.server.console, names, query, body))
        except PushctlError as error:
            status = _STATUS.get(error.exit_code, 500)
            self._send_error(status, error.code, str(error), error.details)
        except Exception as error:  # noqa: BLE001 (a defect ends one request, not the console)
            _report(error)
            self._send_error(
                500, "internal_error", "the console failed; its terminal has the details"
            )
        else:
            plain = result.model_dump(mode="json") if isinstance(result, BaseModel) else result
            self._send(200, json.dumps(plain).encode(), "application/json")

    def _body(self) -> Any:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            raise RefusedError(f"send at most {LARGEST_BODY} bytes")
        text = self.rfile.read(int(length))
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise RefusedError("the body is not JSON") from None

    def _send_file(self, file: Path | None) -> None:
        if file is None:
            self._send_error(404, "not_found", "the console has no such page")
            return
        suffix = file.suffix.lower()
        kind = _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
        charset = "; charset=utf-8" if suffix in _TYPES else ""
        try:
            content = file.read_bytes()
        except OSError:
            self._send_error(404, "not_found", "the file is gone")
            return
        self._send(200, content, f"{kind}{charset}")

    def _send_error(
        self, status: int, code: str, message: str, details: tuple[str, ...] = ()
    ) -> None:
        content = {"error": {"code": code, "message": message, "details": list(details)}}
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: int, content: bytes, content_type: str) -> None:
        self.send_response(status)
        for name, value in RESPONSE_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def pictures_in(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder and those below it by name; of two with one name, the first.

    Raises:
        RefusedError: it is not a folder.
    """
    if not folder.is_dir():
        raise RefusedError(f"{folder} is not a folder")
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in PICTURE_TYPES and file.is_file():
            found.setdefault(file.name, file)
    return found


def _files(folder: Path) -> dict[str, Path]:
    return {
        file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()
    }


def _report(error: BaseException | None) -> None:
    """Print where an error happened, without its text, which may hold what was sent."""
    if error is not None:
        where = "".join(traceback.format_tb(error.__traceback__))
        print(f"pushctl console: {type(error).__name__}\n{where}", file=sys.stderr)  # noqa: T201
