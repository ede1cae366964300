"""Apps: games as registered with Microsoft."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from push.errors import FieldError, ForbiddenError, InvalidRequestError
from push.identifiers import AppId, TopicPattern
from wns.notification import NotificationOptions

if TYPE_CHECKING:
    from collections.abc import Iterable


DEFAULT_SEND_RATE = 500
"""WNS publishes no limit; senders report throttling above about 1,000 notifications a second."""

Audience = Annotated[str, Field(pattern=r"^[\x21-\x5a\x5c\x5e-\x7e]{1,255}$")]
"""One of a token's audiences; no spaces and brackets, which API Gateway puts around several."""

EventSource = Annotated[str, Field(min_length=1, max_length=256)]
"""An event's `source` (EventBridge API reference, "PutEventsRequestEntry")."""

Identity = Literal["package_sid", "entra"]

EventName = Literal[
    "AppStopped",
    "ChannelExpiring",
    "ChannelGone",
    "DeliveryFailed",
    "NotificationFinished",
    "NotificationInteraction",
]


class AppSettings(BaseModel):
    """The settings of an app."""

    # Built when an operator puts an app; each function reads apps.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    identity: Annotated[
        Identity,
        Field(description="`package_sid` for UWP and Store apps, `entra` for the Windows App SDK"),
    ] = "package_sid"
    token_audiences: Annotated[
        tuple[Audience, ...],
        Field(
            min_length=1,
            max_length=20,
            description="`aud` or `client_id` of the player tokens the app accepts",
        ),
    ]
    open_topics: Annotated[
        tuple[TopicPattern, ...],
        Field(
            max_length=50,
            description="Topics that any player may join, `*` standing for any text; others only"
            " with a token whose claim `topics` names them",
        ),
    ] = ("*",)
    defaults: Annotated[
        NotificationOptions,
        Field(description="Options of every notification that does not set its own"),
    ] = NotificationOptions()
    send_rate: Annotated[
        int, Field(ge=1, le=10_000, description="Notifications per second, of all workers together")
    ] = DEFAULT_SEND_RATE
    enabled: Annotated[bool, Field(description="Whether notifications of the app are sent")] = True
    event_sources: Annotated[
        tuple[EventSource, ...] | None,
        Field(
            max_length=50,
            description="`source`s of the events that may send for the app; any if omitted. Others"
            " are dead-lettered",
        ),
    ] = None

    listed: Annotated[
        Literal["all", "broadcasts"],
        Field(
            description="Which notifications the app's list has: all, at a write unit for those"
            " that are dispatched together, or those to a topic or everyone"
        ),
    ] = "all"

    track: Annotated[
        bool,
        Field(
            description="Whether toasts carry the argument with which the game reports what the"
            " player did, unless their template says otherwise"
        ),
    ] = False
    events: Annotated[
        tuple[EventName, ...],
        Field(
            max_length=10, description="Events that are published for the app on the game event bus"
        ),
    ] = ("NotificationInteraction",)


class App(AppSettings):
    """An app: its id, its settings, and why it was stopped."""

    model_config = ConfigDict(defer_build=False)

    app_id: AppId
    stopped: Annotated[
        str | None,
        Field(description="Why WNS stopped the app; resume it, or put it again, to go on sending"),
    ] = None

    @property
    def may_send(self) -> bool:
        """Whether notifications of the app are sent now."""
        return self.enabled and self.stopped is None

    def lists(self, audience: str) -> bool:
        """Return whether the app's list has the notifications to an audience of this kind."""
        return self.listed == "all" or audience != "players"

    def check_audience(self, audiences: Iterable[str]) -> None:
        """Authorize a player's token by its audiences.

        Raises:
            ForbiddenError: the app accepts none of them.
        """
        if not set(audiences) & set(self.token_audiences):
            raise ForbiddenError(f"app '{self.app_id}' does not accept this token's audience")

    def check_topics(self, topics: Iterable[str], granted: Iterable[str]) -> None:
        """Authorize a player to join topics.

        Args:
            granted: patterns of topics that the player's token grants.

        Raises:
            ForbiddenError: some are neither open nor granted; the error names them.
        """
        patterns = {*self.open_topics, *granted}
        refused = [
            topic for topic in topics if not any(fnmatchcase(topic, each) for each in patterns)
        ]
        if refused:
            named = ", ".join(f"'{topic}'" for topic in refused)
            raise ForbiddenError(
                f"players may not join {named} by themselves, and the token's claim topics does not"
                " name it"
            )

    def check_event_source(self, source: str | None) -> None:
        """Authorize a request by the source of its event; None for one that is no event.

        Raises:
            ForbiddenError: the app lists its sources, and this is none of them.
        """
        if source is None or self.event_sources is None or source in self.event_sources:
            return
        raise ForbiddenError(f"app '{self.app_id}' accepts no events of this source")

    def check_identity(self, identity: Identity) -> None:
        """Check that credentials are of the app's identity.

        Raises:
            InvalidRequestError: they are of the other identity.
        """
        if identity != self.identity:
            raise InvalidRequestError(
                f"app '{self.app_id}' has the identity {self.identity}",
                (FieldError("identity", f"these credentials are for {identity}"),),
            )
