"""What the page offers to send, the product takes, Windows shows, and the page has art for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from local.devices.examples import EXAMPLES
from local.devices.samples import SAMPLES
from local.devices.server import STATIC
from local.wns_emulator.payloads.reading import (
    TILE_SIZES,
    read_badge,
    read_document,
    read_tile,
    read_toast,
)
from push.templates.models import Template, fill
from wns.content import NotificationContent

if TYPE_CHECKING:
    from local.devices.sample import Sample

TEMPLATED = [sample for sample in SAMPLES.values() if sample.template]
PINNED_SIZES = TILE_SIZES.keys() - {"tall"}


def shown_kinds(content: dict[str, Any]) -> dict[str, str]:
    """The XML of each kind, after Windows has read it."""
    read: dict[str, str] = {}
    for kind, given in content.items():
        notification = NotificationContent.model_validate({kind: given})
        body = getattr(notification, kind).to_xml()
        root = read_document(kind, body, accepts_bom=False)
        if kind == "toast":
            assert read_toast(root).details["note"] is None
        elif kind == "badge":
            assert read_badge(root) is not None
        else:
            sizes = {"medium", "wide"} if b"150x150" in body else PINNED_SIZES
            for size in sizes:
                read_tile(root, size)
        read[kind] = body.decode()
    return read


@pytest.mark.parametrize("sample", TEMPLATED, ids=lambda sample: sample.sample_id)
def test_sample_is_shown_with_existing_art(sample: Sample) -> None:
    template = Template(template_id=sample.sample_id, **sample.template)
    parameters = {one.name: one.default for one in sample.parameters}
    template.check_parameters(parameters)
    for texts in template.locales.values():
        for xml in shown_kinds(fill(texts, parameters)).values():
            for name in re.findall(r"ms-appx:///Assets/([\w-]+)\.png", xml):
                assert (STATIC / "art" / f"{name}.svg").is_file()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_shown(name: str) -> None:
    assert shown_kinds(EXAMPLES[name])
