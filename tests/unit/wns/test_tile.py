"""Tiles: sizes, presentations, and what is refused."""

import pytest

from tests.unit.wns.golden import parsed
from tests.unit.wns.refusals import refusal, refusals
from wns.tile import Tile

IMAGE = {"src": "a.png"}


def bindings(**fields):
    return parsed(Tile.model_validate(fields).to_xml()).findall("visual/binding")


@pytest.mark.parametrize(
    ("size", "template"),
    [
        *(("small", "TileSmall"), ("medium", "TileMedium")),
        *(("wide", "TileWide"), ("large", "TileLarge")),
    ],
)
def test_size_is_written_as_its_template(size, template):
    [binding] = bindings(**{size: {"content": ["a"]}})

    assert binding.get("template") == template


def test_sizes_are_written_from_small_to_large():
    every: dict[str, dict[str, object]] = {
        size: {} for size in ("large", "wide", "medium", "small")
    }

    assert [binding.get("template") for binding in bindings(**every)] == [
        *("TileSmall", "TileMedium", "TileWide", "TileLarge")
    ]


def test_tile_needs_a_size():
    assert refusal(Tile, {"branding": "logo"}) == (
        "A tile must have at least one of small, medium, wide, large and legacy."
    )


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        (
            {"medium": {}, "legacy": [{"template": "TileSquareText01", "texts": ["a"]}]},
            "medium",
        ),
        (
            {
                "legacy": [
                    {"template": "TileWideText03", "texts": ["a"]},
                    {"template": "TileWide310x150Text03", "texts": ["a"]},
                ]
            },
            "wide",
        ),
    ],
)
def test_duplicate_size_is_refused(fields, size):
    assert refusal(Tile, fields) == f"The {size} size is given twice: remove one of them."


def test_slide_show_holds_at_most_12_images():
    shown = {"presentation": "photos", "content": [IMAGE] * 12}

    assert len(bindings(medium=shown)[0]) == 12
    assert refusal(Tile, {"medium": {**shown, "content": [IMAGE] * 13}}) == (
        "At most 12 images with presentation photos are allowed; got 13."
    )


@pytest.mark.parametrize("presentation", ["photos", "people"])
@pytest.mark.parametrize("other", ["a", {"subgroups": [{"content": ["a"]}]}])
def test_photos_and_people_are_images_only(presentation, other):
    assert refusal(Tile, {"wide": {"presentation": presentation, "content": [IMAGE, other]}}) == (
        f"With presentation {presentation}, content must be images only."
    )


def test_people_have_no_maximum():
    assert len(bindings(large={"presentation": "people", "content": [IMAGE] * 20})[0]) == 20


@pytest.mark.parametrize(
    "content", [[IMAGE, IMAGE], ["a", "b"], [{"subgroups": [{"content": ["a"]}]}]]
)
def test_contact_is_at_most_one_image_and_one_text(content):
    assert refusal(Tile, {"medium": {"presentation": "contact", "content": content}}) == (
        "With presentation contact, content must be at most one image and one text."
    )


def test_lock_screen_has_at_most_3_lines_and_only_in_the_wide_tile():
    assert refusal(Tile, {"wide": {"lock_detailed_status": ["a", "b", "c", "d"]}}) == (
        "At most 3 lines on the lock screen are allowed; got 4."
    )
    assert refusals(Tile, {"medium": {"lock_detailed_status": ["a"]}}) == [
        ("medium.lock_detailed_status", "Extra inputs are not permitted")
    ]


@pytest.mark.parametrize("overlay", [-1, 101])
@pytest.mark.parametrize(
    "where",
    [
        lambda overlay: {"overlay": overlay},
        lambda overlay: {"background": {"src": "a", "overlay": overlay}},
        lambda overlay: {"peek": {"src": "a", "overlay": overlay}},
    ],
)
def test_overlay_is_0_to_100(where, overlay):
    assert refusal(Tile, {"medium": where(overlay)}).startswith("Input should be ")


@pytest.mark.parametrize("branding", ["none", "logo", "name", "nameAndLogo"])
def test_branding_is_camel_case_on_visual_and_binding(branding):
    tile = Tile(branding=branding, medium={"branding": branding})

    assert tile.to_xml().count(f'branding="{branding}"'.encode()) == 2


@pytest.mark.parametrize("branding", ["NameAndLogo", "auto", ""])
def test_other_branding_is_refused(branding):
    assert refusals(Tile, {"medium": {"branding": branding}})[0][0] == "medium.branding"


@pytest.mark.parametrize("item", [{"status": "a"}, {"image": {}}, 5, None])
def test_content_of_a_tile_is_only_texts_images_and_groups(item):
    assert refusals(Tile, {"medium": {"content": [item]}}) == [
        (
            "medium.content.0",
            (
                "An item in content must be a text (a string, or an object with text), an image"
                " (src) or a group (subgroups)."
            ),
        )
    ]


def test_unknown_field_is_refused_with_its_path():
    assert refusals(Tile, {"medium": {"contents": ["a"]}, "huge": {}}) == [
        ("medium.contents", "Extra inputs are not permitted"),
        ("huge", "Extra inputs are not permitted"),
    ]


def test_explicit_version_overrides_that_of_the_legacy_templates():
    legacy = [{"template": "TileSquare150x150Text01", "texts": ["a"]}]

    assert b'<visual version="2">' in Tile(legacy=legacy).to_xml()
    assert b'<visual version="4">' in Tile(legacy=legacy, version=4).to_xml()
    assert b"<visual>" in Tile(medium={}).to_xml()
