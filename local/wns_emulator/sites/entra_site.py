"""login.microsoftonline.com: access tokens for a Microsoft Entra app.

Sources: "Quickstart: Push notifications in the Windows App SDK" and the migration guide for
notifications on Microsoft Learn. AADSTS numbers and texts are from public error reports.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.wns_emulator.sites.token_site import TokenRefusal, TokenSite, same_secret

if TYPE_CHECKING:
    from local.wns_emulator.state.apps import App
    from local.wns_emulator.wire.http1 import Request

SCOPES = {"https://wns.windows.com/.default", "https://wns.windows.com/.default/"}
RESOURCES = {"https://wns.windows.com", "https://wns.windows.com/"}
GRANT_TYPE = "client_credentials"
V1_ENDING = ("oauth2", "token")
V2_ENDING = ("oauth2", "v2.0", "token")


class EntraSite(TokenSite):
    """`POST /{tenant}/oauth2/v2.0/token`, and the older `/{tenant}/oauth2/token`."""

    common_headers = (
        ("Cache-Control", "no-store, no-cache"),
        ("Pragma", "no-cache"),
        ("Content-Type", "application/json; charset=utf-8"),
    )

    def serves(self, path: str) -> bool:
        tenant, ending = _split(path)
        return bool(tenant) and ending in {V1_ENDING, V2_ENDING}

    def grant(self, request: Request, form: dict[str, str], app: App | None) -> dict[str, Any]:
        tenant, ending = _split(request.target.partition(b"?")[0].decode("latin-1"))
        if request.method != "POST":
            raise TokenRefusal(
                "invalid_request",
                f"The endpoint only accepts POST requests. Received a {request.method} request.",
                code=900561,
            )
        for name in ("grant_type", "client_id", "client_secret"):
            if not form.get(name):
                raise TokenRefusal(
                    "invalid_request",
                    f"The request body must contain the following parameter: '{name}'.",
                    code=900144,
                )
        if form["grant_type"] != GRANT_TYPE:
            raise TokenRefusal(
                "unsupported_grant_type",
                "The app requested an unsupported grant type.",
                code=70003,
            )
        if app is None or app.identity != "entra":
            raise TokenRefusal(
                "unauthorized_client",
                f"Application with identifier was not found in the directory '{tenant}'.",
                code=700016,
            )
        if (app.tenant_id or "").lower() != tenant.lower():
            raise TokenRefusal("invalid_request", f"Tenant '{tenant}' not found.", code=90002)
        if not same_secret(app.client_secret, form["client_secret"]):
            raise TokenRefusal(
                "invalid_client",
                "Invalid client secret provided.",
                status=self._core.switches.entra_bad_secret_status,
                code=7000215,
            )
        if not self._is_for_wns(form, ending):
            raise TokenRefusal(
                "invalid_scope",
                "The provided value for the input parameter 'scope' is not valid.",
                code=70011,
            )
        return self._token(app)

    def refusal_content(self, refusal: TokenRefusal) -> dict[str, Any]:
        moment = datetime.fromtimestamp(self._core.clock.now(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        return {
            "error": refusal.error,
            "error_description": (
                f"AADSTS{refusal.code}: {refusal.description} Trace ID: {trace} "
                f"Correlation ID: {correlation} Timestamp: {moment}"
            ),
            "error_codes": [refusal.code],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={refusal.code}",
        }

    def _is_for_wns(self, form: dict[str, str], ending: tuple[str, ...]) -> bool:
        if form.get("scope") in SCOPES:
            return True
        accepts_resource = ending == V1_ENDING or self._core.switches.entra_v2_accepts_resource
        return accepts_resource and form.get("resource") in RESOURCES

    def _token(self, app: App) -> dict[str, Any]:
        now = int(self._core.clock.now())
        lifetime = self._core.switches.entra_token_seconds
        numbers: dict[str, Any] = {
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "expires_on": now + lifetime,
            "not_before": now,
        }
        if self._core.switches.entra_numbers == "string":
            numbers = {name: str(value) for name, value in numbers.items()}
        token = self._core.tokens.issue(app, now, lifetime)
        return {"token_type": "Bearer", **numbers, "access_token": token}


def _split(path: str) -> tuple[str, tuple[str, ...]]:
    _, tenant, *ending = (*path.split("/", 2), "", "")[:3]
    return tenant, tuple(ending[0].split("/"))
