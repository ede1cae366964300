"""Use case: what a request says becomes notifications, in each player's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from push.deliveries import Rendered
from push.errors import Flaw, InvalidRequestError
from push.templates import fill
from wns.errors import InvalidNotificationError
from wns.notification import Notification, NotificationContent, NotificationOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.apps import App
    from push.requests import NotificationRequest
    from push.templates import Template

DEFAULT_TTL_S = 24 * 3600
"""How long a notification lives that does not say it, in seconds."""

_WINDOWS_APP_SDK_KINDS = {"toast", "raw"}


class Renderer:
    """Renders one request of one app, each locale once."""

    def __init__(self, app: App, request: NotificationRequest, template: Template | None) -> None:
        self._app = app
        self._request = request
        self._template = template
        self._rendered: dict[str, tuple[Rendered, ...]] = {}
        merged: dict[str, Any] = {"ttl_seconds": DEFAULT_TTL_S, "request_for_status": True}
        for layer in (app.defaults, template.options if template else None, request.options):
            merged |= layer.model_dump(exclude_none=True) if layer else {}
        self._options = NotificationOptions.model_validate(merged)
        self.ttl_seconds: int = merged["ttl_seconds"]

    def check(self) -> None:
        """Make sure that players of every locale would get what is meant.

        Raises:
            InvalidRequestError: a parameter is missing, or what comes out is no notification.
        """
        if self._template is None:
            self.render(None)
            return
        self._template.check_parameters(self._request.parameters)
        for locale in self._template.locales:
            self.render(locale)

    def render(self, locale: str | None) -> tuple[Rendered, ...]:
        """Return the notifications for players of a locale.

        Raises:
            InvalidRequestError: what comes out is no notification.
        """
        key = self._template.locale_for(locale) if self._template else ""
        if key not in self._rendered:
            self._rendered[key] = tuple(
                self._render(content, where) for where, content in self._contents(key)
            )
        return self._rendered[key]

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
                flaws = error.errors(include_url=False, include_input=False, include_context=False)
                raise InvalidRequestError(
                    f"template '{self._template.template_id}' makes no {kind} of these parameters",
                    tuple(
                        Flaw(".".join(map(str, (where, *flaw["loc"]))), flaw["msg"])
                        for flaw in flaws
                    ),
                ) from None

    def _render(self, content: NotificationContent, where: str) -> Rendered:
        payload = content.payload
        where = f"{where}.{payload.kind}"
        if self._app.identity == "entra" and payload.kind not in _WINDOWS_APP_SDK_KINDS:
            raise InvalidRequestError(
                f"app '{self._app.app_id}' has a Microsoft Entra identity: toast and raw only",
                (Flaw(where, f"a {payload.kind} cannot be sent"),),
            )
        # One set of options serves all kinds of a template; a notification given whole must fit its
        # own.
        options = self._options.for_kind(payload.kind) if self._template else self._options
        try:
            notification = Notification.of(payload, options)
        except InvalidNotificationError as error:
            raise InvalidRequestError(
                "WNS would not take this notification", (Flaw(where, str(error)),)
            ) from None
        return Rendered.of(notification, self.ttl_seconds)
