"""The backend on moto. Its resources are made by calls once and then copied for each test, which
costs a sixth."""

from __future__ import annotations

import threading
from copy import deepcopy
from typing import Any, ClassVar

from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends
from moto.sqs.models import sqs_backends

from tests.integration.backend import ACCOUNT, REGION, Backend

_SERVICES: tuple[Any, ...] = (
    dynamodb_backends,
    events_backends,
    scheduler_backends,
    sqs_backends,
)


class MotoBackend(Backend):
    """The backend in this process, in moto's empty account."""

    _made: ClassVar[tuple[dict[str, str], list[dict[str, Any]]] | None] = None
    """Names of the resources, and what moto holds with them."""

    def _make_resources(self) -> None:
        if MotoBackend._made is None:
            super()._make_resources()
            MotoBackend._made = dict(self._names), [_copy(state) for state in _states()]
            return
        names, saved = MotoBackend._made
        self._names |= names
        for state, each in zip(_states(), saved, strict=True):
            state.update(_copy(each))


def _states() -> list[dict[str, Any]]:
    return [vars(service[ACCOUNT][REGION]) for service in _SERVICES]


def _copy(state: dict[str, Any]) -> dict[str, Any]:
    queues = state.get("queues", {}).values()
    # A condition cannot be copied; each queue gets a new one.
    return deepcopy(state, {id(each._messages_lock): threading.Condition() for each in queues})
