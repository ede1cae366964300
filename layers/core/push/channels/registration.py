"""Registration: players register, list and remove the channels of their devices, and report their
presence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.channels.models import CHANNEL_LIFE_S, DEVICES_PER_PLAYER, Channel, Registration, Version
from push.channels.registration_limit import RECENT_S, is_recent
from push.errors import ConflictError, UnauthorizedError
from push.identifiers import PlayerId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from push.apps.models import App
    from push.apps.table import AppCache
    from push.aws.dynamodb import Transactions
    from push.channels.presence import Presence
    from push.channels.registration_limit import RegistrationLimit
    from push.channels.table import Channels
    from push.channels.topics import Topics
    from push.channels.uri_claims import UriClaims


_MANY_DEVICES = 5  # below it, concurrent newcomers are unlikely to exceed ten together
_TRIES = 5
# Subscriptions and owners outlive the channel, so that renewals rewrite them once a week.
_SPARE_S = 7 * 24 * 3600
_PLAYER_ID: TypeAdapter[str] = TypeAdapter(PlayerId)


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a player route, as the verified token names it."""

    player_id: str
    audiences: frozenset[str]
    topics: frozenset[str] = frozenset()

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any]) -> Caller:
        """Return the caller that a verified token's claims name.

        Amazon Cognito's access tokens name the client in `client_id` instead of `aud`. The claim
        `topics` names topics that the player may join although the app leaves them not open.

        Raises:
            UnauthorizedError: the token has no valid `sub`.
        """
        try:
            player_id = _PLAYER_ID.validate_python(claims.get("sub"))
        except ValidationError:
            raise UnauthorizedError(
                "the token names no player: its sub must be 1 to 255 printable ASCII characters"
            ) from None
        audiences = _listed(claims, "aud") | _listed(claims, "client_id")
        return cls(player_id, audiences, _listed(claims, "topics"))


def _listed(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return the texts of a claim. API Gateway gives a list as one string, `[a b]`."""
    return frozenset(str(claims.get(name, "")).replace("[", " ").replace("]", " ").split())


@dataclass(frozen=True, slots=True)
class Registrar:
    """Registers channels. Times are epoch seconds.

    Each method raises NotFoundError if the app does not exist, ForbiddenError if it does not
    accept the caller's token, and TablesUnavailableError if DynamoDB failed.
    """

    apps: AppCache
    channels: Channels
    claims: UriClaims
    topics: Topics
    presence: Presence
    limit: RegistrationLimit
    transactions: Transactions

    @map_dynamodb_errors()
    def register(
        self, caller: Caller, app_id: str, device_id: str, registration: Registration, now: int
    ) -> tuple[Channel, bool]:
        """Register or renew a channel of the caller for 30 days; return it and whether it is new.

        registered like this within a minute    → nothing is written
        the channel keeps its URI               → store the channel
        a new channel, or another URI           → claim the URI, then store the channel
        the channel was written meanwhile, or another registration of the URI is in flight → again

        New subscriptions are written before the channel, those it has left are deleted after it. A
        worker that dies in between leaves nothing that another registration does not repair.

        Raises:
            ForbiddenError: also if the player may not join one of the topics.
            TooManyRequestsError: the player registers too often.
            ConflictError: concurrent writers won every try.
        """
        self.limit.check(app_id, caller.player_id, now)
        app = self._authorize(caller, app_id, now)
        app.check_topics(registration.topics, caller.topics)
        device = caller.player_id, device_id
        claimed: set[Version | None] = set()
        for attempt in range(_TRIES):
            if attempt:
                self.transactions.pause(attempt - 1)
            mine = {each.device_id: each for each in self.channels.all_of_player(app_id, device[0])}
            before = mine.get(device_id)
            if before is not None and _is_repeated(registration, before, now):
                return before, False
            is_new = before is None or before.expires_at <= now
            if attempt == 0 and _follows_another(mine.values(), None if is_new else before, now):
                self.limit.count(app_id, caller.player_id, now)
            channel = _channel(app_id, device, registration, before, now)
            try:
                self._store(channel, before, claimed, now)
            except ConditionFailedError:
                claimed.add(channel.version)
                if before is None:
                    self.channels.remove_unreadable(app_id, *device)
                continue
            if is_new and len(mine) >= _MANY_DEVICES:
                self._enforce_device_limit(channel, now)
            return channel, is_new
        raise ConflictError(f"device '{device_id}' is being registered concurrently; try again")

    @map_dynamodb_errors()
    def list(self, caller: Caller, app_id: str, now: int) -> Sequence[Channel]:
        """Return the caller's channels that have not expired."""
        self._authorize(caller, app_id, now)
        return list(self.channels.of_player(app_id, caller.player_id, now))

    @map_dynamodb_errors()
    def remove(self, caller: Caller, app_id: str, device_id: str, now: int) -> None:
        """Remove a channel of the caller. Idempotent.

        Raises:
            TooManyRequestsError: the channel was registered within the last minute, and the player
                registers and removes too often.
        """
        self._authorize(caller, app_id, now)
        device = app_id, caller.player_id, device_id
        try:
            removed = self.channels.remove(*device, recent=now - RECENT_S)
        except ConditionFailedError:
            self.limit.count(app_id, caller.player_id, now)
            removed = self.channels.remove(*device)
        self.claims.clean_up(removed, now)

    @map_dynamodb_errors()
    def put_presence(
        self, caller: Caller, app_id: str, device_id: str, now: int, *, in_game: bool
    ) -> None:
        """Record whether the caller is in the game on a device.

        Raises:
            NotFoundError: the device has no channel.
        """
        self._authorize(caller, app_id, now)
        self.presence.put(app_id, caller.player_id, device_id, now, in_game=in_game)

    def _authorize(self, caller: Caller, app_id: str, now: int) -> App:
        app = self.apps.get(app_id, now)
        app.check_audience(caller.audiences)
        return app

    def _store(
        self, channel: Channel, before: Channel | None, claimed: set[Version | None], now: int
    ) -> None:
        """Store a channel, with its subscriptions and as the owner of its URI.

        Raises:
            ConditionFailedError: something was written meanwhile.
        """
        is_claimed = self.claims.claim_unless_kept(channel, before, claimed, now)
        is_kept = before is not None and before.subscribed_until == channel.subscribed_until
        known = before.topics if before is not None else ()
        # A subscription is rewritten only if it is new or would expire before the channel.
        new = [topic for topic in channel.topics if not (is_kept and topic in known)]
        if new:
            self.topics.subscribe(channel, new, self.transactions.pause)
        was_repeated = self.channels.put(channel, before)
        if was_repeated and is_claimed:
            self.claims.check(channel)
        left = [each for each in known if each not in channel.topics]
        self.topics.unsubscribe(channel, left, now)

    def _enforce_device_limit(self, channel: Channel, now: int) -> None:
        """Remove the player's least recently renewed channels beyond ten.

        Called after the new channel is written: of two concurrent registrations at least one then
        sees both. Checked before the write, both could find room.
        """
        alive = self.channels.of_player(channel.app_id, channel.player_id, now)
        newest_first = sorted(
            alive,
            key=lambda each: (each.device_id == channel.device_id, each.renewed_at),
            reverse=True,
        )
        for surplus in newest_first[DEVICES_PER_PLAYER:]:
            self.claims.clean_up(self.channels.remove_version(surplus), now)


def _is_repeated(registration: Registration, before: Channel, now: int) -> bool:
    """Return whether a channel was registered in the same way within the last minute."""
    return is_recent(before, now) and all(
        getattr(registration, name) == getattr(before, name) for name in Registration.model_fields
    )


def _follows_another(mine: Iterable[Channel], renewed: Channel | None, now: int) -> bool:
    """Return whether a registration follows another one of the player within a minute.

    Args:
        mine: the player's channels.
        renewed: the one that it renews, None if it is new.
    """
    return any(is_recent(each, now) for each in (mine if renewed is None else [renewed]))


def _channel(
    app_id: str,
    device: tuple[str, str],
    registration: Registration,
    before: Channel | None,
    now: int,
) -> Channel:
    expires_at = now + CHANNEL_LIFE_S
    subscribed_until = before.subscribed_until if before is not None else 0
    if subscribed_until < expires_at:
        subscribed_until = expires_at + _SPARE_S
    stored = before.version if before is not None else None
    version = stored.next() if stored is not None else Version.first()
    return Channel(
        **registration.model_dump(),
        app_id=app_id,
        player_id=device[0],
        device_id=device[1],
        registered_at=before.registered_at if before and before.expires_at > now else now,
        renewed_at=now,
        expires_at=expires_at,
        subscribed_until=subscribed_until,
        in_game_until=before.in_game_until if before else None,
        generation=version.generation,
        revision=version.revision,
    )
