"""login.live.com: access tokens for a Package SID and its secret.

Sources: "Push notification service request and response headers" and "Windows Push Notification
Services (WNS) overview" on Microsoft Learn; the error texts are from recorded responses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.wns_emulator.sites.token_site import TokenRefusal, TokenSite, same_secret

if TYPE_CHECKING:
    from local.wns_emulator.state.apps import App
    from local.wns_emulator.wire.http1 import Request

PATH = "/accesstoken.srf"
SCOPE = "notify.windows.com"
GRANT_TYPE = "client_credentials"


class LiveSite(TokenSite):
    """`POST /accesstoken.srf`."""

    common_headers = (("Cache-Control", "no-store"), ("Content-Type", "application/json"))

    def serves(self, path: str) -> bool:
        return path == PATH

    def grant(self, request: Request, form: dict[str, str], app: App | None) -> dict[str, Any]:
        if request.method != "POST":
            raise TokenRefusal(
                "invalid_request", "The provided request must be sent using the HTTP 'POST' method."
            )
        for name in ("grant_type", "client_id", "client_secret"):
            if not form.get(name):
                raise TokenRefusal(
                    "invalid_request",
                    f"The provided request must include a '{name}' input parameter.",
                )
        if form["grant_type"] != GRANT_TYPE:
            raise TokenRefusal(
                "unsupported_grant_type",
                "The provided value for the input parameter 'grant_type' is not valid.",
            )
        if app is None or app.identity != "package":
            raise TokenRefusal(
                "invalid_client", "Invalid client id", headers=(("x-wlid-error", "0x80045A78"),)
            )
        if not same_secret(app.client_secret, form["client_secret"]):
            raise TokenRefusal("invalid_client", "Invalid client secret")
        if form.get("scope") != SCOPE:
            raise TokenRefusal(
                "invalid_scope",
                "The provided value for the input parameter 'scope' is not valid.",
            )
        switches = self._core.switches
        lifetime = switches.legacy_token_seconds
        content: dict[str, Any] = {
            "token_type": "bearer",
            "access_token": self._core.tokens.issue(app, self._core.clock.now(), lifetime),
        }
        if switches.legacy_expires_in != "absent":
            as_string = switches.legacy_expires_in == "string"
            content["expires_in"] = str(lifetime) if as_string else lifetime
        return content

    def refusal_content(self, refusal: TokenRefusal) -> dict[str, Any]:
        return {"error": refusal.error, "error_description": refusal.description}
