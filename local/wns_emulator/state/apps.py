"""Apps as registered with Microsoft: identity, secret and standing with WNS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from local.wns_emulator.errors import ControlError
from local.wns_emulator.state.rates import Throttle

Identity = Literal["package", "entra"]


@dataclass(slots=True, eq=False)
class App:
    """One registered app; `app_id` is its Package SID or its Entra client id."""

    app_id: str
    identity: Identity
    client_secret: str
    tenant_id: str | None = None
    object_id: str | None = None
    package_family_name: str | None = None
    pfn_mapped: bool = True
    allow_listed: bool = True
    token_generation: int = 0
    throttle: Throttle = field(default_factory=Throttle)

    def revoke_tokens(self) -> None:
        """Revoke every token issued so far."""
        self.token_generation += 1


class Apps:
    """All apps, by any of their ids, case-insensitively."""

    def __init__(self) -> None:
        self._by_id: dict[str, App] = {}

    def put(self, app: App, *, rotation_revokes_tokens: bool) -> App:
        """Add the app, or update the secret and ids of the one with that id."""
        known = self._by_id.get(app.app_id.lower())
        if known is None:
            self._by_id[app.app_id.lower()] = known = app
        else:
            if known.client_secret != app.client_secret and rotation_revokes_tokens:
                known.revoke_tokens()
            known.client_secret = app.client_secret
            known.tenant_id = app.tenant_id
            known.object_id = app.object_id
            known.package_family_name = app.package_family_name
        if known.object_id:
            self._by_id[known.object_id.lower()] = known
        return known

    def find(self, app_id: str) -> App | None:
        return self._by_id.get(app_id.lower())

    def get(self, app_id: str) -> App:
        """Return the app with this id.

        Raises:
            ControlError: `unknown_app`.
        """
        app = self.find(app_id)
        if app is None:
            raise ControlError("unknown_app", f"there is no app {app_id}: register it with put_app")
        return app

    def all(self) -> list[App]:
        return list(dict.fromkeys(self._by_id.values()))
