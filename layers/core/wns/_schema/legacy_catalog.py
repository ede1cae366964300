"""Template catalogue of Windows 8 and 8.1: names, and how many images and texts each holds.

Microsoft, "The toast template catalog", "The tile template catalog", and the enumerations
ToastTemplateType and TileTemplateType.
"""

from dataclasses import dataclass
from typing import Literal

TileSize = Literal["small", "medium", "wide", "large", "tall"]


@dataclass(frozen=True, slots=True)
class LegacyTemplate:
    """One template of the catalogue.

    `size`, `version` (of the schema; None if the template is of no one version), `fallback` (the
    Windows 8 name) and `shows_name` (whether branding `name` has an effect) are about tiles only.
    """

    images: int
    texts: int
    size: TileSize = "medium"
    version: int | None = 1
    fallback: str | None = None
    shows_name: bool = True


TOAST_TEMPLATES = {
    "ToastText01": LegacyTemplate(0, 1),
    "ToastText02": LegacyTemplate(0, 2),
    "ToastText03": LegacyTemplate(0, 2),
    "ToastText04": LegacyTemplate(0, 3),
    "ToastImageAndText01": LegacyTemplate(1, 1),
    "ToastImageAndText02": LegacyTemplate(1, 2),
    "ToastImageAndText03": LegacyTemplate(1, 2),
    "ToastImageAndText04": LegacyTemplate(1, 3),
}

# Name without prefix: images, texts.
_MEDIUM = {
    "Image": (1, 0), "Block": (0, 2),
    "Text01": (0, 4), "Text02": (0, 2), "Text03": (0, 4), "Text04": (0, 1),
    "PeekImageAndText01": (1, 4), "PeekImageAndText02": (1, 2),
    "PeekImageAndText03": (1, 4), "PeekImageAndText04": (1, 1),
}  # fmt: skip
_WIDE = {
    "Image": (1, 0), "ImageCollection": (5, 0),
    "ImageAndText01": (1, 1), "ImageAndText02": (1, 2),
    "BlockAndText01": (0, 6), "BlockAndText02": (0, 3),
    "PeekImageCollection01": (5, 2), "PeekImageCollection02": (5, 5),
    "PeekImageCollection03": (5, 1), "PeekImageCollection04": (5, 1),
    "PeekImageCollection05": (6, 2), "PeekImageCollection06": (6, 1),
    "PeekImageAndText01": (1, 1), "PeekImageAndText02": (1, 5),
    "PeekImage01": (1, 2), "PeekImage02": (1, 5), "PeekImage03": (1, 1),
    "PeekImage04": (1, 1), "PeekImage05": (2, 2), "PeekImage06": (2, 1),
    "SmallImageAndText01": (1, 1), "SmallImageAndText02": (1, 5), "SmallImageAndText03": (1, 1),
    "SmallImageAndText04": (1, 2), "SmallImageAndText05": (1, 2),
    "Text01": (0, 5), "Text02": (0, 9), "Text03": (0, 1), "Text04": (0, 1), "Text05": (0, 5),
    "Text06": (0, 10), "Text07": (0, 9), "Text08": (0, 10), "Text09": (0, 2), "Text10": (0, 9),
    "Text11": (0, 10),
}  # fmt: skip
_LARGE = {
    "BlockAndText01": (0, 9), "BlockAndText02": (1, 7), "Image": (1, 0),
    "ImageAndText01": (1, 1), "ImageAndText02": (1, 2),
    "ImageAndTextOverlay01": (1, 1), "ImageAndTextOverlay02": (1, 2),
    "ImageAndTextOverlay03": (1, 4),
    "ImageCollection": (5, 0), "ImageCollectionAndText01": (5, 1),
    "ImageCollectionAndText02": (5, 2),
    "SmallImageAndText01": (1, 3),
    "SmallImagesAndTextList01": (3, 9), "SmallImagesAndTextList02": (3, 3),
    "SmallImagesAndTextList03": (3, 6), "SmallImagesAndTextList04": (3, 6),
    "SmallImagesAndTextList05": (3, 7),
    "Text01": (0, 10), "Text02": (0, 19), "Text03": (0, 11), "Text04": (0, 22), "Text05": (0, 19),
    "Text06": (0, 22), "Text07": (0, 19), "Text08": (0, 22), "Text09": (0, 5),
    "TextList01": (0, 9), "TextList02": (0, 3), "TextList03": (0, 6),
}  # fmt: skip
# TileTemplateType: with these, branding `name` falls back to the logo.
_LOGO_ONLY = {"ImageAndText01", "ImageAndText02"}
_LOGO_ONLY_LARGE = _LOGO_ONLY | {"ImageCollectionAndText01", "ImageCollectionAndText02"}

TILE_TEMPLATES = {
    **{f"TileSquare{name}": LegacyTemplate(*counts) for name, counts in _MEDIUM.items()},
    **{
        f"TileSquare150x150{name}": LegacyTemplate(*counts, "medium", 2, f"TileSquare{name}")
        for name, counts in _MEDIUM.items()
    },
    **{
        f"TileWide{name}": LegacyTemplate(*counts, "wide", shows_name=name not in _LOGO_ONLY)
        for name, counts in _WIDE.items()
    },
    **{
        f"TileWide310x150{name}": LegacyTemplate(
            *counts, "wide", 2, f"TileWide{name}", shows_name=name not in _LOGO_ONLY
        )
        for name, counts in _WIDE.items()
    },
    **{
        f"TileSquare310x310{name}": LegacyTemplate(
            *counts, "large", 2, shows_name=name not in _LOGO_ONLY_LARGE
        )
        for name, counts in _LARGE.items()
    },
    # Windows 10 reads these beside adaptive bindings. Microsoft's page "Special tile templates" and
    # its own library write them without a version.
    "TileSquare71x71IconWithBadge": LegacyTemplate(1, 0, "small", None),
    "TileSquare150x150IconWithBadge": LegacyTemplate(1, 0, "medium", None),
    "TileWide310x150IconWithBadgeAndText": LegacyTemplate(1, 3, "wide", None),
    "TileSquare71x71Image": LegacyTemplate(1, 0, "small", 3),
    "TileTall150x310Image": LegacyTemplate(1, 0, "tall", 3),
}
