"""Controls for apps and their tokens."""

from __future__ import annotations

from typing import Any

from local.wns_emulator.control.python.carrier import Carrier


class AppControls(Carrier):
    def put_app(
        self, *, package_sid: str, client_secret: str, package_family_name: str | None = None
    ) -> dict[str, Any]:
        """Register an app with Package SID and secret, or give it a new secret."""
        return self.call(
            "put_app",
            package_sid=package_sid,
            client_secret=client_secret,
            package_family_name=package_family_name,
        )

    def put_entra_app(
        self,
        *,
        tenant_id: str,
        client_id: str,
        client_secret: str,
        object_id: str,
        package_family_name: str | None = None,
    ) -> dict[str, Any]:
        """Register a Microsoft Entra app, or give it a new secret."""
        return self.call(
            "put_entra_app",
            tenant_id=tenant_id,
            client_id=client_id,
            client_secret=client_secret,
            object_id=object_id,
            package_family_name=package_family_name,
        )

    def set_pfn_mapping(self, app: str, *, mapped: bool) -> dict[str, Any]:
        """Whether the package family name of an Entra app is mapped to it."""
        return self.call("set_pfn_mapping", app=app, mapped=mapped)

    def set_allow_listed(self, app: str, *, allowed: bool) -> dict[str, Any]:
        """Whether WNS has the app among its allowed receivers."""
        return self.call("set_allow_listed", app=app, allowed=allowed)

    def revoke_tokens(self, app: str | None = None) -> None:
        """Make all access tokens issued so far worthless, of one app or of every app."""
        self.call("revoke_tokens", app=app)

    def issue_token(self, app: str, *, lifetime: float = 86_400) -> str:
        """An access token without a trip to the token endpoint; `lifetime` in seconds."""
        return self.call("issue_token", app=app, lifetime=lifetime)

    def apps(self) -> list[dict[str, Any]]:
        return self.call("apps")
