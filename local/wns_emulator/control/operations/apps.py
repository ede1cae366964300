"""Controls for apps and their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.wns_emulator.control.operations.arguments import Seconds, Text, control
from local.wns_emulator.control.views import app_view
from local.wns_emulator.state.apps import App
from local.wns_emulator.state.rates import Throttle

if TYPE_CHECKING:
    from local.wns_emulator.state.core import Core


class AppOperations:
    def __init__(self, core: Core) -> None:
        self._core = core

    @control
    def put_app(
        self, *, package_sid: Text, client_secret: Text, package_family_name: Text | None = None
    ) -> dict[str, Any]:
        return self._put(
            App(
                package_sid,
                "package",
                client_secret,
                Throttle(),
                package_family_name=package_family_name,
            )
        )

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
        return self._put(
            App(
                client_id,
                "entra",
                client_secret,
                Throttle(),
                tenant_id=tenant_id,
                object_id=object_id,
                package_family_name=package_family_name,
            )
        )

    @control
    def set_pfn_mapping(self, *, app: Text, mapped: bool) -> dict[str, Any]:
        found = self._core.apps.get(app)
        found.pfn_mapped = mapped
        return app_view(found)

    @control
    def set_allow_listed(self, *, app: Text, allowed: bool) -> dict[str, Any]:
        found = self._core.apps.get(app)
        found.allow_listed = allowed
        return app_view(found)

    @control
    def revoke_tokens(self, *, app: Text | None = None) -> None:
        for found in [self._core.apps.get(app)] if app else self._core.apps.all():
            found.revoke_tokens()

    @control
    def issue_token(self, *, app: Text, lifetime: Seconds = 86_400) -> str:
        """A token without a trip to the token endpoint."""
        now = self._core.clock.now()
        return self._core.tokens.issue(self._core.apps.get(app), now, int(lifetime))

    @control
    def apps(self) -> list[dict[str, Any]]:
        return [app_view(app) for app in self._core.apps.all()]

    def _put(self, app: App) -> dict[str, Any]:
        revokes = self._core.switches.secret_rotation_revokes_tokens
        kept = self._core.apps.put(app, rotation_revokes_tokens=revokes)
        view = app_view(kept)
        self._core.events.publish("app", view)
        return view
