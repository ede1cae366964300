"""A player's account: devices, presence, topics; and its erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.players.accounts import ErasureReceipt, PlayerAccount
from pushctl.client.api import path

if TYPE_CHECKING:
    from pushctl.client.stack import Stack


def get_player(stack: Stack, app_id: str, player_id: str) -> PlayerAccount:
    """Return what is registered for a player. One that nothing is known of has no devices.

    Raises:
        NotFoundError: the app does not exist.
    """
    document = stack.api.call("GET", path("apps", app_id, "players", player_id))
    return PlayerAccount.model_validate(document, extra="ignore")


def erase_player(stack: Stack, app_id: str, player_id: str) -> ErasureReceipt:
    """Erase everything that is stored under a player, and return the counts. Idempotent.

    Raises:
        NotFoundError: the app does not exist.
    """
    document = stack.api.call("DELETE", path("apps", app_id, "players", player_id))
    return ErasureReceipt.model_validate(document, extra="ignore")
