"""Interactions: what a player did with a toast."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from push.identifiers import DeviceId
from push.notifications.interactions import InteractionKind

MAX_INTERACTIONS = 25

InputText = Annotated[str, StringConstraints(max_length=1000)]
InputName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Interaction(BaseModel):
    """What a player did with a toast on a device."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    notification: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-f]{32}\.[0-9]{1,9}(\.[0-9]{1,9}){0,2}$",
            description="The argument `_push` that the game was activated with",
        ),
    ]
    device_id: DeviceId
    kind: InteractionKind
    action: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=1024,
            description="Arguments of the button or menu item, for the kind `action`",
        ),
    ] = None
    inputs: Annotated[
        dict[InputName, InputText],
        Field(max_length=10, description="What the player typed or chose, by the input's id"),
    ] = {}
    at: Annotated[
        int, Field(ge=0, le=9_999_999_999, description="When, in epoch seconds of the device")
    ]

    @model_validator(mode="after")
    def _check_action(self) -> Self:
        if (self.kind == "action") != (self.action is not None):
            raise ValueError("action is required for the kind action, and for no other")
        return self

    @property
    def notification_id(self) -> str:
        """Id of the notification."""
        return self.notification.partition(".")[0]

    @property
    def chunk(self) -> str:
        """The delivery that the toast came with."""
        return self.notification.partition(".")[2]


class Interactions(BaseModel):
    """The body of `POST /apps/{app_id}/interactions`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    interactions: Annotated[
        tuple[Interaction, ...], Field(min_length=1, max_length=MAX_INTERACTIONS)
    ]


RefusalReason = Literal["unknown_notification", "not_a_recipient", "too_many"]


class InteractionResult(BaseModel):
    """The result for one interaction of a request."""

    model_config = ConfigDict(frozen=True)

    status: Annotated[
        Literal["accepted", "duplicate", "refused"],
        Field(description="`duplicate`: it was accepted before; `refused`: do not send it again"),
    ]
    reason: Annotated[RefusalReason | None, Field(description="Why it was refused")] = None


class InteractionResults(BaseModel):
    """The results, in the order of the request's interactions."""

    results: list[InteractionResult]
