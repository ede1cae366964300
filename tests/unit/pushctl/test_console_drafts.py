"""Drafts are rendered with the service's own code; each language and kind for itself."""

from __future__ import annotations

from typing import Any

from push.apps.models import App
from pushctl.console.documents import document_of
from pushctl.console.drafts import DraftKind, DraftPreview, preview_draft

CONTENT: dict[str, Any] = {
    "default_locale": "en",
    "locales": {
        "en": {"toast": {"texts": ["${who} calls"]}, "badge": {"value": "${count}"}},
        "de": {"toast": {"texts": ["${who} ruft"]}},
    },
}


def app(**fields: Any) -> App:
    return App.model_validate(
        {"app_id": "my-game", "name": "My Game", "token_audiences": ["x"]} | fields
    )


def preview(content: dict[str, Any], **parameters: Any) -> DraftPreview:
    return preview_draft(app(), "Challenge", content, parameters)


def kind(found: DraftPreview, locale: str, name: str) -> DraftKind:
    (one,) = [each for each in found.kinds if (each.locale, each.kind) == (locale, name)]
    return one


def title(found: DraftKind) -> str:
    assert found.document is not None
    visual = next(each for each in found.document["children"] if each["name"] == "visual")
    return str(visual["children"][0]["children"][0]["text"])


def test_parameter_without_a_sample_is_named_and_shown_by_its_name() -> None:
    found = preview(CONTENT, count=3)
    assert found.placeholders == ["count", "who"]
    assert found.missing == ["who"]
    assert title(kind(found, "de", "toast")) == "[who] ruft"


def test_number_without_a_sample_is_shown_as_one() -> None:
    badge = kind(preview(CONTENT), "en", "badge")
    assert badge.document is not None
    assert badge.document["attributes"] == {"value": "1"}


def test_kind_that_other_languages_have_is_named_as_a_gap() -> None:
    assert preview(CONTENT).gaps == ["de has no badge, which en has"]


def test_kind_that_fails_hides_no_other_and_says_why() -> None:
    content = {**CONTENT, "locales": {**CONTENT["locales"], "fr": {"toast": {"textz": ["x"]}}}}
    found = preview(content, who="Kim", count=3)
    assert kind(found, "fr", "toast").error
    assert title(kind(found, "en", "toast")) == "Kim calls"
    assert {each.field for each in found.problems} == {"locales.fr.toast.textz"}


def test_size_is_that_of_the_body_that_wns_gets() -> None:
    small = kind(preview(CONTENT, who="Kim"), "de", "toast").bytes
    assert kind(preview(CONTENT, who="Kim" + "x" * 100), "de", "toast").bytes == small + 100
    assert "5,000" in str(kind(preview(CONTENT, who="x" * 6000), "de", "toast").error)


def test_kind_that_the_identity_cannot_send_says_so() -> None:
    content = {"default_locale": "en", "locales": {"en": {"badge": {"value": 1}}}}
    found = preview_draft(app(identity="entra"), "Challenge", content, {})
    assert "package_sid" in str(kind(found, "en", "badge").error)


def test_draft_that_is_no_template_names_its_fields() -> None:
    found = preview({"default_locale": "en", "locales": {"english": {"toast": {}}}})
    assert not found.kinds
    assert [each.field for each in found.problems] == ["locales.english"]


def test_markup_in_a_payload_is_data_and_a_document_type_is_refused() -> None:
    found = preview(CONTENT, who="<img src=x> & co", count=1)
    assert title(kind(found, "en", "toast")) == "<img src=x> & co calls"
    assert document_of('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>') is None
    assert document_of("<a") is None
