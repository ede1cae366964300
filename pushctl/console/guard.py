"""The rules that every request to the console must meet, whoever sends it.

Other web sites, other users of the machine and other programs reach a server on 127.0.0.1 too:

Host               the address that pushctl printed; another name is DNS rebinding
Origin, Sec-Fetch  the console's own page; for reading also the address bar
token              the first part of the path, known to whoever saw the printed address

The token is a part of the path and no cookie: browsers send a cookie of 127.0.0.1 to every port of
it (RFC 6265, section 8.5), so that other programs there would receive it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "127.0.0.1"
READING_METHODS = frozenset({"GET", "HEAD"})
_OWN_SITES = frozenset({"same-origin", "none"})
# Nothing from elsewhere, nothing inline; and with Trusted Types no text can become markup.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
RESPONSE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Refusal(NamedTuple):
    """Why a request is refused."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides about requests to a port. The token lives as long as the process."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a request is refused, None if it may go on.

        Args:
            path: with the token, without a query.
            headers: by lower-case name.
        """
        own_hosts = {f"{HOST}:{self.port}", f"localhost:{self.port}"}
        host = headers.get("host", "")
        if host not in own_hosts:
            return Refusal(403, "foreign_host", f"this console serves {HOST}:{self.port} only")
        if not _is_own(method, f"http://{host}", headers):
            return Refusal(403, "foreign_origin", "requests of other web sites are refused")
        given = path[1:].partition("/")[0]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return Refusal(
                403, "no_token", "open the whole address that pushctl console printed at its start"
            )
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method not in READING_METHODS and content_type != "application/json":
            return Refusal(415, "wrong_content_type", "send application/json")
        return None

    def local_path(self, path: str) -> str:
        """Return a path without its token."""
        return path[1:].partition("/")[2]


def _is_own(method: str, own: str, headers: Mapping[str, str]) -> bool:
    if method in READING_METHODS:
        # A link from elsewhere opens nothing without the token, and the other site cannot read it.
        opens = headers.get("sec-fetch-mode") == "navigate"
        site = headers.get("sec-fetch-site", "none")
        return headers.get("origin", own) == own and (opens or site in _OWN_SITES)
    return headers.get("origin") == own
