"""What a toast shows: texts, images, progress bars."""

import re
from contextlib import suppress
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, Tag

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


class ToastText(Text):
    """A line of a toast; it always wraps, and other hints work only inside a subgroup."""

    max_lines: Annotated[Positive | None, Attribute("hint-maxLines")] = Field(
        None, description="The most lines that are shown."
    )
    call_scenario_center_align: Annotated[
        bool | None, Attribute("hint-callScenarioCenterAlign")
    ] = Field(None, description="Centres the text; only in a toast of scenario incomingCall.")


class Attribution(Text):
    """A small line at the bottom that says where the toast comes from."""

    fixed: ClassVar[Fixed] = {"placement": "attribution"}


class AppLogo(CroppedImage):
    """An image in place of the app's logo, 48x48 pixels at 100 %."""

    fixed: ClassVar[Fixed] = {"placement": "appLogoOverride"}


class Hero(Image):
    """A wide image on top, 364x180 pixels at 100 %."""

    fixed: ClassVar[Fixed] = {"placement": "hero"}


_BINDING = r"\{[A-Za-z0-9_]+\}"


def _progress_value(value: object) -> float | str:
    """A number as float; `indeterminate` and bindings as they are."""
    if isinstance(value, str) and (value == "indeterminate" or re.fullmatch(_BINDING, value)):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise rule_error(
        "The value of a progress bar is a number from 0 to 1, indeterminate, or {name},"
        " a value that the app itself binds."
    )


class Progress(Element):
    """A progress bar (desktop only)."""

    tag: ClassVar[str] = "progress"

    title: Annotated[XmlText | None, Attribute("title")] = Field(None, description="Title above.")
    status: Annotated[XmlText, Attribute("status")] = Field(
        description="What is going on, such as Downloading…; shown below the bar."
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
    ] = Field(0.0, description="0.0 to 1.0, or indeterminate for moving dots.")
    value_string_override: Annotated[XmlText | None, Attribute("valueStringOverride")] = Field(
        None, description="Shown in place of the percentage, such as 7/10 levels."
    )


class ShoulderTap(Image):
    """The animated image of a My People notification (obsolete in Windows)."""

    spritesheet_src: Annotated[ImageAddress | None, Attribute("spritesheet-src")] = Field(
        None, description="Address of the frames."
    )
    spritesheet_height: Annotated[Unsigned | None, Attribute("spritesheet-height")] = Field(
        None, description="Height of a frame in pixels."
    )
    spritesheet_fps: Annotated[Unsigned | None, Attribute("spritesheet-fps")] = Field(
        None, description="Frames a second."
    )
    spritesheet_starting_frame: Annotated[
        Unsigned | None, Attribute("spritesheet-startingFrame")
    ] = Field(None, description="The frame that is shown first.")


class BindingAttributes(Element):
    """Attributes of the binding alone; rarely needed, as those of the toast hold for it too."""

    tag: ClassVar[str] = "binding"
    fixed: ClassVar[Fixed] = {"template": "ToastGeneric"}

    fallback: Annotated[LegacyToastTemplate | None, Attribute("fallback")] = Field(
        None, description="The legacy template for systems without adaptive toasts."
    )
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language; wins over that of the toast."
    )
    base_uri: Annotated[BaseAddress | None, Attribute("baseUri")] = Field(
        None, description="What relative image addresses begin with; wins over that of the toast."
    )
    branding: Annotated[Branding | None, Attribute("branding")] = Field(
        None, description="Accepted by the schema; toasts do not show it."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None, description="Wins over that of the toast."
    )


ToastLine = Annotated[
    ToastText, BeforeValidator(shorthand_for("text"), json_schema_input_type=str | ToastText)
]
AttributionLike = Annotated[
    Attribution, BeforeValidator(shorthand_for("text"), json_schema_input_type=str | Attribution)
]
AppLogoLike = Annotated[
    AppLogo, BeforeValidator(shorthand_for("src"), json_schema_input_type=str | AppLogo)
]
HeroLike = Annotated[Hero, BeforeValidator(shorthand_for("src"), json_schema_input_type=str | Hero)]

ToastContent = Annotated[
    Annotated[AdaptiveImage, Tag("src")]
    | Annotated[Group, Tag("subgroups")]
    | Annotated[Progress, Tag("status")],
    discriminated_by(
        "src",
        "subgroups",
        "status",
        sentence="The content of a toast is images (src), groups (subgroups) and progress bars"
        " (status); texts go into texts.",
    ),
]

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
        raise rule_error(
            "Windows has no such sound. It has ms-winsoundevent:Notification. followed by Default,"
            " IM, Mail, Reminder, SMS, Looping.Alarm, Looping.Alarm2 to Looping.Alarm10,"
            " Looping.Call, Looping.Call2 to Looping.Call10."
        )
    raise rule_error(
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
