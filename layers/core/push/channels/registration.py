"""Registration: players register, list and remove the channels of their devices, and report their
presence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from push.aws.dynamodb import ConditionFailedError
from push.channels.models import CHANNEL_LIFE_S, DEVICES_PER_PLAYER, Channel
from push.channels.uri_owners import is_same_channel
from push.errors import ConflictError, UnauthorizedError
from push.identifiers import PlayerId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.apps.models import App
    from push.apps.table import AppCache
    from push.aws.dynamodb import Transactions
    from push.channels.models import Registration
    from push.channels.presence import Presence
    from push.channels.registration_limit import RegistrationLimit
    from push.channels.table import Channels
    from push.channels.topics import Topics
    from push.channels.uri_owners import UriOwners


_MANY_DEVICES = 5  # below it, concurrent newcomers are unlikely to exceed ten together
_TRIES = 5
_SPARE_S = (
    7 * 24 * 3600
)  # subscriptions outlive the channel, so that renewals rewrite them once a week
_WRITES_PER_TRANSACTION = 100
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

    Each method raises NotFoundError if the app does not exist, and ForbiddenError if it does not
    accept the caller's token.
    """

    apps: AppCache
    channels: Channels
    owners: UriOwners
    topics: Topics
    presence: Presence
    limit: RegistrationLimit
    transactions: Transactions

    def register(
        self, caller: Caller, app_id: str, device_id: str, registration: Registration, now: int
    ) -> tuple[Channel, bool]:
        """Register or renew a channel of the caller for 30 days; return it and whether it is new.

        One transaction writes the channel, the owner of its URI and its subscriptions, each on
        condition that it is as it was read:

        all conditions hold            → registered
        the URI has another owner      → again, and take the URI from that owner's channel
        the channel was written meanwhile → again, with the channel as it is now

        Raises:
            ForbiddenError: also if the player may not join one of the topics.
            TooManyRequestsError: the player registers too often.
            ConflictError: concurrent writers won every try.
        """
        self.limit.check(app_id, caller.player_id, now)
        app = self._authorize(caller, app_id, now)
        app.check_topics(registration.topics, caller.topics)
        device = caller.player_id, device_id
        previous_owner = None
        for attempt in range(_TRIES):
            mine = {each.device_id: each for each in self.channels.all_of_player(app_id, device[0])}
            before = mine.get(device_id)
            if attempt == 0:
                self.limit.count(app_id, caller.player_id, before, now)
            channel = _channel(app_id, device, registration, before, now)
            try:
                self.transactions.write(self._writes(channel, before, previous_owner))
            except ConditionFailedError:
                previous_owner = self.owners.get(app_id, channel.channel_uri)
                if before is None:
                    self.channels.remove_unreadable(app_id, *device)
                continue
            is_new = before is None or before.expires_at <= now
            if is_new and len(mine) >= _MANY_DEVICES:
                self._enforce_device_limit(channel, now)
            return channel, is_new
        raise ConflictError(f"device '{device_id}' is being registered concurrently; try again")

    def list(self, caller: Caller, app_id: str, now: int) -> Sequence[Channel]:
        """Return the caller's channels that have not expired."""
        self._authorize(caller, app_id, now)
        return list(self.channels.of_player(app_id, caller.player_id, now))

    def remove(self, caller: Caller, app_id: str, device_id: str, now: int) -> None:
        """Remove a channel of the caller. Idempotent."""
        self._authorize(caller, app_id, now)
        self._unsubscribe(self.channels.remove(app_id, caller.player_id, device_id))

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

    def _writes(
        self, channel: Channel, before: Channel | None, previous_owner: tuple[str, str] | None
    ) -> Sequence[Any]:
        app_id, device = channel.app_id, (channel.player_id, channel.device_id)
        known = before.topics if before is not None else ()
        # A subscription is rewritten only if it is new or would expire before the channel.
        keeps_subscriptions = (
            before is not None and before.subscribed_until == channel.subscribed_until
        )
        new = [topic for topic in channel.topics if not (keeps_subscriptions and topic in known)]
        dropped = [topic for topic in known if topic not in channel.topics]
        uri, until = channel.channel_uri, channel.expires_at
        writes = [
            self.channels.put_write(channel, before),
            self.owners.claim_write(app_id, uri, device, until, previous_owner),
            *self.topics.subscribe_writes(app_id, *device, new, channel.subscribed_until),
        ]
        deletes = self.topics.unsubscribe_writes(app_id, *device, dropped)
        # A transaction may not name an item twice, so the device's own channel is left out.
        if previous_owner is not None and previous_owner != device:
            theirs = self.channels.get(app_id, *previous_owner)
            if theirs is None:
                self.channels.remove_unreadable(app_id, *previous_owner)
            their_uri = theirs.channel_uri if theirs is not None else None
            writes.append(self.owners.release_write(app_id, uri, previous_owner, their_uri))
            if theirs is not None and is_same_channel(theirs.channel_uri, uri):
                deletes += self.topics.unsubscribe_writes(app_id, *previous_owner, theirs.topics)
        # Dropped subscriptions beyond the limit stay; they have no effect, and expire.
        return (writes + deletes)[:_WRITES_PER_TRANSACTION]

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
            self._unsubscribe(self.channels.remove_unless_renewed(surplus))

    def _unsubscribe(self, channel: Channel | None) -> None:
        """Unsubscribe a removed channel, unless it was registered again."""
        if channel is None or not channel.topics:
            return
        device = channel.app_id, channel.player_id, channel.device_id
        ends = self.topics.unsubscribe_writes(*device, channel.topics)
        try:
            self.transactions.write([self.channels.absent_check(*device), *ends])
        except ConditionFailedError:
            return


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
    )
