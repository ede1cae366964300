"""The sound of a toast."""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from wns.markup import Attribute, Element
from wns.rules import broken
from wns.values import NonEmpty

_EVENT = "ms-winsoundevent:Notification."
_NUMBERS = ("", *map(str, range(2, 11)))
SOUNDS = (
    *(_EVENT + name for name in ("Default", "IM", "Mail", "Reminder", "SMS")),
    *(_EVENT + f"Looping.Alarm{number}" for number in _NUMBERS),
    *(_EVENT + f"Looping.Call{number}" for number in _NUMBERS),
)
"""The sounds that come with Windows (toast schema, element audio)."""

_OWN_SOUND = re.compile(r"ms-resource:.+|ms-appx:///.+\.(aac|flac|m4a|mp3|wav|wma)", re.IGNORECASE)


def _sound(address: str) -> str:
    if address in SOUNDS or _OWN_SOUND.fullmatch(address):
        return address
    if address.lower().startswith("ms-winsoundevent:"):
        raise broken(
            "Windows has no such sound. It has ms-winsoundevent:Notification. followed by Default,"
            " IM, Mail, Reminder, SMS, Looping.Alarm, Looping.Alarm2 to Looping.Alarm10,"
            " Looping.Call, Looping.Call2 to Looping.Call10."
        )
    raise broken(
        "A sound is one of Windows (ms-winsoundevent:…), a resource (ms-resource:…) or a file in"
        " the app's package (ms-appx:///… ending in aac, flac, m4a, mp3, wav or wma)."
    )


class Audio(Element):
    """A brief sound. Without it Windows plays the one that fits the scenario."""

    tag: ClassVar[str] = "audio"

    src: Annotated[Annotated[NonEmpty, AfterValidator(_sound)] | None, Attribute("src")] = Field(
        None,
        description="ms-winsoundevent:Notification.… (a sound of Windows), ms-appx:///… or"
        " ms-resource:….",
        examples=["ms-winsoundevent:Notification.IM"],
    )
    loop: Annotated[bool | None, Attribute("loop")] = Field(
        None, description="Whether it repeats while the toast is shown; needs the toast's duration."
    )
    silent: Annotated[bool | None, Attribute("silent")] = Field(
        None, description="true shows the toast without a sound."
    )
