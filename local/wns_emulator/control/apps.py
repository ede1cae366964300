"""Controls for apps and their tokens."""

from __future__ import annotations

from typing import Any

from local.wns_emulator.argument_types import Seconds, Text
from local.wns_emulator.control.declaration import ControlGroup, control, query
from local.wns_emulator.control.views import app_view
from local.wns_emulator.state.apps import App


class AppControls(ControlGroup):
    """`app` is a Package SID, an Entra client id or its object id."""

    @control
    def put_app(
        self, *, package_sid: Text, client_secret: Text, package_family_name: Text | None = None
    ) -> dict[str, Any]:
        """Register an app with Package SID and secret, or change its secret."""
        app = App(package_sid, "package", client_secret, package_family_name=package_family_name)
        return self._put(app)

    @control
    def put_entra_app(
        self,
        *,
        tenant_id: Text,
        client_id: Text,
        client_secret: Text,
        object_id: Text,
        package_family_name: Text | None = None,
    ) -> dict[str, Any]:
        """Register a Microsoft Entra app, or change its secret."""
        app = App(
            client_id,
            "entra",
            client_secret,
            tenant_id=tenant_id,
            object_id=object_id,
            package_family_name=package_family_name,
        )
        return self._put(app)

    @control
    def set_pfn_mapping(self, app: Text, *, mapped: bool) -> dict[str, Any]:
        """Set whether the package family name of an Entra app is mapped to it."""
        found = self._core.apps.get(app)
        found.pfn_mapped = mapped
        return app_view(found)

    @control
    def set_allow_listed(self, app: Text, *, allowed: bool) -> dict[str, Any]:
        """Set whether the app is among WNS's allowed receivers."""
        found = self._core.apps.get(app)
        found.allow_listed = allowed
        return app_view(found)

    @control
    def revoke_tokens(self, app: Text | None = None) -> None:
        """Revoke all access tokens issued so far, of one app or of every app."""
        for found in [self._core.apps.get(app)] if app else self._core.apps.all():
            found.revoke_tokens()

    @control
    def issue_token(self, app: Text, *, lifetime: Seconds = 86_400) -> str:
        """Issue an access token without the token endpoint; `lifetime` is in seconds."""
        now = self._core.clock.now()
        return self._core.tokens.issue(self._core.apps.get(app), now, int(lifetime))

    @query
    def apps(self) -> list[dict[str, Any]]:
        """List the apps, without their secrets."""
        return [app_view(app) for app in self._core.apps.all()]

    def _put(self, app: App) -> dict[str, Any]:
        revokes = self._core.switches.secret_rotation_revokes_tokens
        view = app_view(self._core.apps.put(app, rotation_revokes_tokens=revokes))
        self._core.events.publish("app", view)
        return view
