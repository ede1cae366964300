"""Protection of the page: from other web sites, and from markup in payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING_METHODS = {"GET", "HEAD"}
OWN_SITES = {"same-origin", "none"}
# Nothing from elsewhere, nothing inline; and with Trusted Types no text can become markup.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class PageGuard:
    """Rejects requests from other sites and from other ports of this machine; adds `HEADERS`.

    `LoopbackGuard` rejects foreign host names and writes that are not JSON.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        app = self._app if _is_own(scope["method"], Headers(scope=scope)) else REFUSAL
        await app(scope, receive, send_with_headers)


REFUSAL = JSONResponse(
    {"error": {"code": "foreign_origin", "message": "this page accepts only its own requests"}},
    status_code=403,
)


def _is_own(method: str, headers: Headers) -> bool:
    """Return whether a request is from the page itself or, for reading, from the address bar."""
    own = f"http://{headers.get('host')}"
    if method in READING_METHODS:
        # A link from elsewhere may open the page; the other site cannot read it.
        opens = headers.get("sec-fetch-mode") == "navigate"
        origin = headers.get("origin", own)
        return origin == own and (opens or headers.get("sec-fetch-site", "none") in OWN_SITES)
    return headers.get("origin") == own
