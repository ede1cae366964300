"""Apps as Microsoft knows them: their identity, their secret and what WNS thinks of them."""

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
        """Make every token that was issued so far worthless."""
        self.token_generation += 1


class Apps:
    """All apps, found by any of their ids without regard to case."""

    def __init__(self) -> None:
        self._by_id: dict[str, App] = {}

    def put(self, app: App, *, rotation_revokes_tokens: bool) -> App:
        """Add the app, or give the known one of that id the new secret and ids."""
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
        """The app with this id.

        Raises:
            ControlError: `unknown_app`.
        """
        app = self.find(app_id)
        if app is None:
            raise ControlError("unknown_app", f"there is no app {app_id}: put_app makes one")
        return app

    def all(self) -> list[App]:
        return list(dict.fromkeys(self._by_id.values()))
