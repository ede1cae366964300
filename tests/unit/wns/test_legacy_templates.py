"""Legacy templates: the catalogue, fallbacks, and what is refused."""

from pathlib import Path

import pytest

from tests.unit.wns.golden import only, parsed
from tests.unit.wns.refusals import refusal, refusals
from wns._schema.legacy_catalog import TILE_TEMPLATES, TOAST_TEMPLATES
from wns.tile import Tile
from wns.toast import Toast

CATALOGUE = Path(__file__).parent / "golden" / "legacy_templates.txt"
EVERY_TEMPLATE = [*TOAST_TEMPLATES, *TILE_TEMPLATES]


def filled(name, *, images=0, texts=0):
    """Return the template with as many images and texts as it holds, plus `images` and `texts`."""
    template = TOAST_TEMPLATES.get(name) or TILE_TEMPLATES[name]
    legacy = {
        "template": name,
        "images": [f"{n}.png" for n in range(template.images + images)],
        "texts": [f"text {n}" for n in range(template.texts + texts)],
    }
    return {"legacy": legacy} if name in TOAST_TEMPLATES else {"legacy": [legacy]}


def model(name):
    return Toast if name in TOAST_TEMPLATES else Tile


def test_catalogue_matches_that_of_windows():
    written = [
        f"{name} {each.images} {each.texts} {each.size}"
        f" {each.version or '-'} {each.fallback or '-'}"
        for name, each in TILE_TEMPLATES.items()
    ]
    written += [
        f"{name} {template.images} {template.texts}" for name, template in TOAST_TEMPLATES.items()
    ]

    assert written == CATALOGUE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", EVERY_TEMPLATE)
def test_template_takes_as_many_images_and_texts_as_it_holds(name):
    document = parsed(model(name).model_validate(filled(name)).to_xml())
    template = TOAST_TEMPLATES.get(name) or TILE_TEMPLATES[name]
    binding = only(document, "visual/binding")

    assert binding.get("template") == name
    assert [image.get("id") for image in binding.findall("image")] == [
        str(n + 1) for n in range(template.images)
    ]
    assert [(text.get("id"), text.text) for text in binding.findall("text")] == [
        (str(n + 1), f"text {n}") for n in range(template.texts)
    ]


@pytest.mark.parametrize("name", EVERY_TEMPLATE)
def test_template_refuses_more_images_or_texts_than_it_holds(name):
    template = TOAST_TEMPLATES.get(name) or TILE_TEMPLATES[name]

    assert refusal(model(name), filled(name, images=1)) == (
        f"At most {template.images} images in {name} are allowed; got {template.images + 1}."
    )
    assert refusal(model(name), filled(name, texts=1)) == (
        f"At most {template.texts} texts in {name} are allowed; got {template.texts + 1}."
    )


@pytest.mark.parametrize("name", ["ToastText01", "TileSquareText01"])
def test_template_without_content_is_refused(name):
    legacy = {"template": name}

    assert refusal(
        model(name), {"legacy": legacy if model(name) is Toast else [legacy]}
    ) == f"{name} must have at least one text or image."  # fmt: skip


@pytest.mark.parametrize("name", ["TileSquare310x310Text01", "TileWideText01"])
def test_template_without_a_windows_8_name_has_no_fallback(name):
    document = parsed(Tile.model_validate(filled(name)).to_xml())

    assert only(document, "visual/binding").get("fallback") is None


@pytest.mark.parametrize("field", ["template", "fallback"])
@pytest.mark.parametrize(
    "name", ["", "toasttext01", "ToastText05", "ToastGeneric", "TileWideText01"]
)
def test_unknown_toast_template_is_refused(field, name):
    legacy = {"template": "ToastText01", "texts": ["a"], field: name}

    assert refusals(Toast, {"legacy": legacy}) == [
        (
            f"legacy.{field}",
            (
                "A legacy toast template must be ToastText01 to ToastText04 or ToastImageAndText01"
                " to ToastImageAndText04."
            ),
        )
    ]


@pytest.mark.parametrize(
    "name", ["", "TileMedium", "tilewidetext01", "TileSquare99x99Image", "TileWide432x210Text01"]
)
def test_unknown_tile_template_is_refused(name):
    assert refusal(Tile, {"legacy": [{"template": name, "texts": ["a"]}]}) == (
        "Unknown tile template: use a name from the tile template catalog, such as"
        " TileSquare150x150Text01 or TileWide310x150ImageAndText01."
    )


@pytest.mark.parametrize("name", ["TileSquare150x150Text01", "TileMedium"])
def test_fallback_of_a_tile_must_be_a_windows_8_template(name):
    legacy = {"template": "TileSquare150x150Text02", "fallback": name, "texts": ["a"]}

    assert refusal(Tile, {"legacy": [legacy]}) == (
        "A fallback must be a Windows 8 template, such as TileSquareText01 or TileWideText01."
    )


@pytest.mark.parametrize(
    "name",
    [
        *("TileWideImageAndText01", "TileWide310x150ImageAndText02"),
        *("TileSquare310x310ImageAndText01", "TileSquare310x310ImageCollectionAndText02"),
    ],
)
def test_template_that_cannot_show_a_name_refuses_that_branding(name):
    [legacy] = filled(name)["legacy"]

    assert refusal(Tile, {"legacy": [{**legacy, "branding": "name"}]}) == (
        f"{name} cannot show a name: set branding to logo or none."
    )
    for branding in ("logo", "none", None):
        Tile.model_validate({"legacy": [{**legacy, "branding": branding}]})


def test_other_templates_accept_the_branding_name():
    [legacy] = filled("TileSquare310x310ImageAndTextOverlay01")["legacy"]

    assert b'branding="name"' in Tile(legacy=[{**legacy, "branding": "name"}]).to_xml()


@pytest.mark.parametrize(
    "adaptive",
    [
        *({"texts": ["a"]}, {"attribution": "a"}, {"app_logo": "a.png"}, {"hero": "a.png"}),
        *({"content": [{"src": "a.png"}]}, {"camera_preview": True}, {"binding": {"lang": "de"}}),
    ],
)
def test_toast_is_either_legacy_or_adaptive(adaptive):
    assert refusal(Toast, {**filled("ToastText01"), **adaptive}) == (
        "A toast with legacy must not have texts, images or content of its own."
    )


def test_legacy_text_refuses_hints():
    legacy = {"template": "ToastText01", "texts": [{"text": "a", "max_lines": 1}]}

    assert refusals(Toast, {"legacy": legacy}) == [
        ("legacy.texts.0.max_lines", "Extra inputs are not permitted")
    ]


@pytest.mark.parametrize(
    "commands", [{"scenario": "reminder"}, {"commands": [{"id": "Snooze"}]}, {"command": []}]
)
def test_unknown_commands_are_refused(commands):
    [(where, _)] = refusals(Toast, {**filled("ToastText01"), "commands": commands})

    assert where.startswith("commands.")


@pytest.mark.parametrize("command", ["snooze", "dismiss", "video", "voice", "decline"])
def test_command_is_written_as_its_name(command):
    toast = Toast.model_validate(
        {**filled("ToastText01"), "commands": {"commands": [{"id": command}]}}
    )

    assert f'<commands><command id="{command}"/></commands>'.encode() in toast.to_xml()
