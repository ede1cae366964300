"""Renders a request into notifications, in each player's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from push.delivery.models import Delivery, RenderedNotification
from push.errors import FieldError, InvalidRequestError
from push.notifications.counters import RECORD_LIFE_S
from push.templates.models import Options, fill, merge
from push.templates.tracking import LONGEST_CHUNK, tracked, tracking_id
from wns.content import NotificationContent
from wns.errors import InvalidNotificationError
from wns.notification import Notification
from wns.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from push.apps.models import App
    from push.channels.sendable import SendableChannel
    from push.delivery.models import Lane
    from push.requests.models import Request
    from push.templates.models import Template
    from push.templates.tracking import Separator


DEFAULT_TTL_S = 24 * 3600
"""Life of a notification without a TTL, in seconds. WNS has no default."""

SHORTEST_LIFE_S = 60
"""How long sending is tried for a notification that WNS must not cache (`ttl_seconds` 0), in
seconds."""

LONGEST_LIFE_S = RECORD_LIFE_S - 24 * 3600
"""How long sending is tried at most, in seconds. The record, which stops copies, must live longer
than any attempt."""

_WINDOWS_APP_SDK_KINDS = {"toast", "raw"}


class Renderer:
    """Renders one request of one app, each locale once."""

    def __init__(
        self,
        app: App,
        request: Request,
        template: Template | None,
        accepted_at: float | None = None,
    ) -> None:
        """`accepted_at`: from when on the players wait (epoch seconds), None if not known."""
        self._accepted_at = accepted_at
        self._app = app
        self._request = request
        self._template = template
        self._rendered: dict[str, tuple[RenderedNotification, ...]] = {}
        own = Options(ttl_seconds=DEFAULT_TTL_S, request_for_status=True)
        layers = (own, app.defaults, template.options if template else None, request.options)
        self.options = merge(*layers)
        of_template = template.track if template else None
        self.is_tracked = app.track if of_template is None else of_template
        self._any_chunk = tracking_id(request.notification_id, LONGEST_CHUNK)

    def skips(self, channels: Sequence[SendableChannel], now: float) -> bool:
        """Return whether a player with these channels is skipped because they are in the game."""
        return bool(self.options.skip_players_in_game) and any(
            channel.in_game(now) for channel in channels
        )

    def check(self) -> None:
        """Render every locale, to find what is wrong before anything is sent.

        Raises:
            InvalidRequestError: a parameter is missing, or a rendered notification is not valid.
        """
        if self._template is None:
            self.render(None)
            return
        self._template.check_parameters(self._request.parameters)
        for locale in self._template.locales:
            self.render(locale)

    def render(self, locale: str | None) -> tuple[RenderedNotification, ...]:
        """Return the notifications for players of a locale.

        They name no chunk yet: see `of_chunk`.

        Raises:
            InvalidRequestError: a rendered notification is not valid.
        """
        key = self._template.locale_for(locale) if self._template else ""
        if key not in self._rendered:
            self._rendered[key] = tuple(
                self._render(content, where) for where, content in self._contents(key)
            )
        return self._rendered[key]

    def of_chunk(self, rendered: RenderedNotification, chunk: str) -> RenderedNotification:
        """Return a notification as it is sent to the recipients of a chunk."""
        if not self.is_tracked or rendered.kind != "toast":
            return rendered
        value = tracking_id(self._request.notification_id, chunk)
        return rendered.model_copy(update={"body": rendered.body.replace(self._any_chunk, value)})

    @property
    def life_s(self) -> int:
        """How long sending is tried, in seconds."""
        return min(max(self.options.ttl_seconds or 0, SHORTEST_LIFE_S), LONGEST_LIFE_S)

    def delivery(
        self,
        chunk: str,
        payloads: Sequence[RenderedNotification],
        now: float,
        lane: Lane,
        channels_in_range: int | None = None,
    ) -> Delivery:
        """Return a delivery of notifications to nobody yet."""
        return Delivery(
            notification_id=self._request.notification_id,
            chunk=chunk,
            lane=lane,
            app_id=self._app.app_id,
            accepted_at=self._accepted_at,
            dispatched_at=int(now),
            expires_at=int(now) + self.life_s,
            channels_in_range=channels_in_range,
            payloads=tuple(self.of_chunk(each, chunk) for each in payloads),
            channels=(),
        )

    def _contents(self, locale: str) -> Iterator[tuple[str, NotificationContent]]:
        if self._request.notification is not None:
            yield "notification", self._request.notification
        if self._template is None:
            return
        for kind, content in self._template.locales[locale].items():
            where = f"locales.{locale}"
            try:
                yield (
                    where,
                    NotificationContent.model_validate(
                        {kind: fill(content, self._request.parameters)}
                    ),
                )
            except ValidationError as error:
                field_errors = error.errors(
                    include_url=False, include_input=False, include_context=False
                )
                raise InvalidRequestError(
                    f"template '{self._template.template_id}' renders no valid {kind}",
                    tuple(
                        FieldError(".".join(map(str, (where, *error["loc"]))), error["msg"])
                        for error in field_errors
                    ),
                ) from None

    def _render(self, content: NotificationContent, where: str) -> RenderedNotification:
        payload = content.payload
        where = f"{where}.{payload.kind}"
        if self._app.identity == "entra" and payload.kind not in _WINDOWS_APP_SDK_KINDS:
            raise InvalidRequestError(
                f"app '{self._app.app_id}' has the identity entra, which sends toast and raw only",
                (FieldError(where, f"{payload.kind} needs the identity package_sid"),),
            )
        # A template's options serve all of its kinds; options of an inline notification must fit
        # its kind.
        options = self.options.for_kind(payload.kind) if self._template else self.options
        if payload.kind == "toast" and options.tag is None:
            # Should WNS receive a toast twice because its response was lost, the second copy
            # replaces the first on the device.
            options = options.model_copy(update={"tag": self._request.notification_id[:16]})
        if isinstance(payload, Toast) and self.is_tracked:
            # Games of the Windows App SDK separate arguments by semicolons ("AppNotificationBuilder
            # Class"), of UWP mostly by ampersands ("Send a local toast notification from UWP").
            separator: Separator = ";" if self._app.identity == "entra" else "&"
            payload = tracked(payload, self._any_chunk, separator)
        try:
            notification = Notification.of(payload, options)
        except InvalidNotificationError as error:
            raise InvalidRequestError(
                "WNS would reject this notification", (FieldError(where, str(error)),)
            ) from None
        return RenderedNotification.of(
            notification, self.options.ttl_seconds, self.options.on_doubt
        )
