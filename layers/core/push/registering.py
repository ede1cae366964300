"""Use case: players register, list and remove the channels of their devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from push.errors import UnauthorizedError
from push.identifiers import PlayerId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.apps import Apps
    from push.channels import Channel, Channels, Registration

_PLAYER_ID: TypeAdapter[str] = TypeAdapter(PlayerId)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as a verified token says: a player, and whom the token was made for."""

    player_id: str
    audiences: frozenset[str]

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any]) -> Caller:
        """Return the caller that a verified token's claims name.

        API Gateway gives a claim that is a list as one string, `[a b]`. Amazon Cognito's access
        tokens name the client in `client_id` instead of `aud`.

        Raises:
            UnauthorizedError: no usable `sub`.
        """
        try:
            player_id = _PLAYER_ID.validate_python(claims.get("sub"))
        except ValidationError:
            raise UnauthorizedError(
                "the token names no player: its sub must be 1 to 255 printable ASCII characters"
            ) from None
        named = " ".join(str(claims.get(name, "")) for name in ("aud", "client_id"))
        return cls(player_id, frozenset(named.replace("[", " ").replace("]", " ").split()))


@dataclass(frozen=True, slots=True)
class Registering:
    """What registering works with. A caller whose token the app does not accept gets no further.

    Each method raises NotFoundError where there is no such app, ForbiddenError where it does not
    accept the caller.
    """

    apps: Apps
    channels: Channels

    def register(
        self, caller: Caller, app_id: str, device_id: str, registration: Registration, now: int
    ) -> tuple[Channel, bool]:
        """Register or renew a channel of the caller; return it and whether it is new."""
        self._let_in(caller, app_id)
        return self.channels.register(app_id, caller.player_id, device_id, registration, now)

    def list(self, caller: Caller, app_id: str, now: int) -> list[Channel]:
        """Return the caller's channels that are alive."""
        self._let_in(caller, app_id)
        return list(self.channels.of_player(app_id, caller.player_id, now))

    def remove(self, caller: Caller, app_id: str, device_id: str) -> None:
        """Remove a channel of the caller; that it is gone already is no error."""
        self._let_in(caller, app_id)
        self.channels.remove(app_id, caller.player_id, device_id)

    def _let_in(self, caller: Caller, app_id: str) -> None:
        self.apps.get(app_id).check_audience(caller.audiences)
