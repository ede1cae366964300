"""Elements of a toast: texts, images, progress bars and sounds."""

import re
from contextlib import suppress
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, PlainValidator, Tag

from wns._schema.adaptive import AdaptiveImage, CroppedImage, Group, Image, Text
from wns._schema.fields import (
    BaseAddress,
    Branding,
    ImageAddress,
    LanguageTag,
    NonEmpty,
    Positive,
    Unsigned,
    XmlText,
    discriminated_by,
    rule_error,
    shorthand_for,
)
from wns._schema.legacy import LegacyToastTemplate
from wns._schema.xml import Attribute, Element, Fixed

_BINDING = r"\{[A-Za-z0-9_]+\}"

_EVENT = "ms-winsoundevent:Notification."
_NUMBERS = ("", *map(str, range(2, 11)))
SOUNDS = (
    *(_EVENT + name for name in ("Default", "IM", "Mail", "Reminder", "SMS")),
    *(_EVENT + f"Looping.Alarm{number}" for number in _NUMBERS),
    *(_EVENT + f"Looping.Call{number}" for number in _NUMBERS),
)
"""Sounds that come with Windows (toast schema, element audio)."""
_OWN_SOUND = re.compile(r"ms-resource:.+|ms-appx:///.+\.(aac|flac|m4a|mp3|wav|wma)", re.IGNORECASE)


class ToastText(Text):
    """A text of a toast. It always wraps; other hints apply only in a subgroup."""

    max_lines: Annotated[Positive | None, Attribute("hint-maxLines")] = Field(
        None, description="Maximum number of lines."
    )
    call_scenario_center_align: Annotated[
        bool | None, Attribute("hint-callScenarioCenterAlign")
    ] = Field(None, description="Centres the text; only with scenario incomingCall.")


class Attribution(Text):
    """A small text at the bottom that names the source of the toast."""

    fixed: ClassVar[Fixed] = {"placement": "attribution"}


class AppLogo(CroppedImage):
    """An image that replaces the app's logo, 48x48 pixels at 100 %."""

    fixed: ClassVar[Fixed] = {"placement": "appLogoOverride"}


class Hero(Image):
    """A wide image at the top, 364x180 pixels at 100 %."""

    fixed: ClassVar[Fixed] = {"placement": "hero"}


ToastTextLike = Annotated[ToastText, shorthand_for("text", ToastText)]
AttributionLike = Annotated[Attribution, shorthand_for("text", Attribution)]
AppLogoLike = Annotated[AppLogo, shorthand_for("src", AppLogo)]
HeroLike = Annotated[Hero, shorthand_for("src", Hero)]


def _progress_value(value: object) -> float | str:
    """Return a number as float, `indeterminate` and data bindings unchanged."""
    if isinstance(value, str) and (value == "indeterminate" or re.fullmatch(_BINDING, value)):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise rule_error(
        "The value of a progress bar must be a number from 0 to 1, indeterminate, or the {name} of"
        " a value that the app binds itself."
    )


class Progress(Element):
    """A progress bar (desktop only)."""

    tag: ClassVar[str] = "progress"

    title: Annotated[XmlText | None, Attribute("title")] = Field(
        None, description="Title above the bar."
    )
    status: Annotated[XmlText, Attribute("status")] = Field(
        description="Text below the bar, such as Downloading…."
    )
    value: Annotated[
        float | str,
        PlainValidator(
            _progress_value,
            json_schema_input_type=Annotated[float, Field(ge=0, le=1)]
            | Literal["indeterminate"]
            | Annotated[str, Field(pattern=f"^{_BINDING}$")],
        ),
        Attribute("value"),
    ] = Field(0.0, description="0.0 to 1.0, or indeterminate for an animation.")
    value_string_override: Annotated[XmlText | None, Attribute("valueStringOverride")] = Field(
        None, description="Shown instead of the percentage, such as 7/10 levels."
    )


ToastContent = Annotated[
    Annotated[AdaptiveImage, Tag("src")]
    | Annotated[Group, Tag("subgroups")]
    | Annotated[Progress, Tag("status")],
    discriminated_by(
        "src",
        "subgroups",
        "status",
        message="An item in content must be an image (src), a group (subgroups) or a progress bar"
        " (status); put texts into texts.",
    ),
]


class ShoulderTap(Image):
    """The animated image of a My People notification (obsolete in Windows)."""

    spritesheet_src: Annotated[ImageAddress | None, Attribute("spritesheet-src")] = Field(
        None, description="Address of the frames."
    )
    spritesheet_height: Annotated[Unsigned | None, Attribute("spritesheet-height")] = Field(
        None, description="Height of a frame in pixels."
    )
    spritesheet_fps: Annotated[Unsigned | None, Attribute("spritesheet-fps")] = Field(
        None, description="Frames per second."
    )
    spritesheet_starting_frame: Annotated[
        Unsigned | None, Attribute("spritesheet-startingFrame")
    ] = Field(None, description="The frame to start with.")


class BindingAttributes(Element):
    """Attributes of the binding alone. Rarely needed: it inherits those of the toast."""

    tag: ClassVar[str] = "binding"
    fixed: ClassVar[Fixed] = {"template": "ToastGeneric"}

    fallback: Annotated[LegacyToastTemplate | None, Attribute("fallback")] = Field(
        None, description="Legacy template for systems without adaptive toasts."
    )
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language; overrides that of the toast."
    )
    base_uri: Annotated[BaseAddress | None, Attribute("baseUri")] = Field(
        None, description="Prefix of relative image addresses; overrides that of the toast."
    )
    branding: Annotated[Branding | None, Attribute("branding")] = Field(
        None, description="Accepted by the schema; toasts do not show it."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None, description="Overrides that of the toast."
    )


def _check_sound(address: str) -> str:
    if address in SOUNDS or _OWN_SOUND.fullmatch(address):
        return address
    if address.lower().startswith("ms-winsoundevent:"):
        raise rule_error(
            "Unknown Windows sound: use ms-winsoundevent:Notification. followed by Default, IM,"
            " Mail, Reminder, SMS, Looping.Alarm, Looping.Alarm2 to Looping.Alarm10, Looping.Call,"
            " or Looping.Call2 to Looping.Call10."
        )
    raise rule_error(
        "A sound must be a Windows sound (ms-winsoundevent:…), a resource (ms-resource:…) or a"
        " file in the app's package (ms-appx:///… ending in aac, flac, m4a, mp3, wav or wma)."
    )


class Audio(Element):
    """The sound of a toast. Without it, Windows plays the default sound of the scenario."""

    tag: ClassVar[str] = "audio"

    src: Annotated[Annotated[NonEmpty, AfterValidator(_check_sound)] | None, Attribute("src")] = (
        Field(
            None,
            description="ms-winsoundevent:Notification.… (a Windows sound), ms-appx:///… or"
            " ms-resource:….",
            examples=["ms-winsoundevent:Notification.IM"],
        )
    )
    loop: Annotated[bool | None, Attribute("loop")] = Field(
        None, description="Repeats the sound while the toast is on the screen; needs duration."
    )
    silent: Annotated[bool | None, Attribute("silent")] = Field(
        None, description="true shows the toast without a sound."
    )
