"""Protection of a server on the loopback address from the scripts of other web sites."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OWN_NAMES = {"127.0.0.1", "localhost", "::1"}
READING_METHODS = {"GET", "HEAD", "OPTIONS"}


class LoopbackGuard:
    """Rejects foreign host names (DNS rebinding), foreign origins, and writes that are not JSON.

    A form on another site can post here without a preflight request, but not as JSON.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            fault = _fault(scope["method"], Headers(scope=scope))
            if fault is not None:
                await error_response(*fault)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def error_response(status: int, code: str, message: str) -> JSONResponse:
    """Return an error in the shape of the product's API."""
    content = {"error": {"code": code, "message": message, "details": []}}
    return JSONResponse(content, status_code=status)


def _fault(method: str, headers: Headers) -> tuple[int, str, str] | None:
    if _name(f"//{headers.get('host', '')}") not in OWN_NAMES:
        return 403, "foreign_host", "this server serves 127.0.0.1 and localhost only"
    origin = headers.get("origin")
    if origin is not None and _name(origin) not in OWN_NAMES:
        return 403, "foreign_origin", "requests from other web sites are rejected"
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method not in READING_METHODS and content_type != "application/json":
        return 415, "not_json", "send application/json"
    return None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
