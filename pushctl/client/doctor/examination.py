"""Examines an app, and if asked a player, a device, a template and a notification, in order."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from push.identifiers import PlayerId
from pushctl.client.apps import get_app
from pushctl.client.doctor.app_checks import check_app
from pushctl.client.doctor.causes import Cause, Diagnosis, Finding, found, unknown
from pushctl.client.doctor.device_checks import channels_of, check_channels, find_template
from pushctl.client.doctor.outcome_checks import check_outcomes
from pushctl.client.errors import NotFoundError
from pushctl.client.notifications import NotificationReport, get_notification, watch
from pushctl.client.sending import read_request, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.apps.models import App
    from pushctl.client.stack import Stack

PROBE_TEXT = "Test of the notifications (pushctl doctor)"
_PROBE_TTL_S = 300


class Question(BaseModel):
    """What is to be examined.

    Attributes:
        template_id: checked for the player's language.
        notification_id: a notification that did not arrive.
        probe: whether to send the player a toast that they see, and to examine that.
        wait_s: how long to wait for the outcome of the probe, in seconds.
    """

    model_config = ConfigDict(frozen=True)

    app_id: str
    player_id: PlayerId | None = None
    device_id: str | None = None
    template_id: str | None = None
    notification_id: str | None = None
    probe: bool = False
    wait_s: float = 20.0


def examine(
    stack: Stack, question: Question, *, say: Callable[[str], object] = lambda text: text
) -> Diagnosis:
    """Return what is found, in the order of a notification's way; nothing is changed.

    A problem further back may follow from one before it; the first one is the cause.
    """
    findings: list[Finding] = []
    notification_id = question.notification_id
    try:
        app = get_app(stack, question.app_id)
    except NotFoundError as error:
        findings = [found("app", Cause.APP_UNKNOWN, question.app_id, str(error))]
        return _diagnosis(question, findings, notification_id)
    channels = (
        channels_of(stack, app.app_id, question.player_id) if question.player_id is not None else []
    )
    report = None
    if question.probe and question.player_id is not None and app.enabled and app.stopped is None:
        say("sending a test toast, and waiting for its outcome")
        report = _send_probe(stack, app, question.player_id, question)
        notification_id = report.summary.notification_id
        app = get_app(stack, question.app_id)  # WNS's response may have stopped it
    findings += check_app(stack, app)
    template = None
    if question.template_id is not None:
        template, about_template = find_template(stack, app.app_id, question.template_id)
        findings += about_template
    if report is None and notification_id is not None:
        report = get_notification(
            stack, app.app_id, notification_id, player=question.player_id, limit=None
        )
    about_sending = (
        list(check_outcomes(app, report, question.device_id)) if report is not None else []
    )
    if question.player_id is not None:
        is_gone = any(each.cause is Cause.CHANNEL_GONE for each in about_sending)
        if not is_gone:  # that the channel is missing now follows from it
            findings += check_channels(
                app, question.player_id, question.device_id, channels, template
            )
    if report is not None:
        findings += about_sending
    elif question.player_id is not None:
        findings.append(
            unknown(
                "notification",
                "what WNS answers was not checked: give --notification ID, or --probe to send the"
                " player a test toast",
            )
        )
    return _diagnosis(question, findings, notification_id)


def _send_probe(stack: Stack, app: App, player_id: str, question: Question) -> NotificationReport:
    request = read_request(
        {
            "request_id": f"doctor-{uuid.uuid4().hex}",
            "audience": {"players": [player_id]},
            "notification": {"toast": {"texts": [PROBE_TEXT]}},
            "options": {"ttl_seconds": _PROBE_TTL_S, "skip_players_in_game": False},
        }
    )
    (notification_id,) = send(stack, app.app_id, request).notification_ids
    *_, last = watch(stack, app.app_id, notification_id, timeout_s=question.wait_s)
    return last


def _diagnosis(
    question: Question, findings: list[Finding], notification_id: str | None
) -> Diagnosis:
    cause = next((each.cause for each in findings if each.level == "problem"), None)
    return Diagnosis(
        app_id=question.app_id,
        player_id=question.player_id,
        device_id=question.device_id,
        notification_id=notification_id,
        cause=cause,
        findings=findings,
    )
