"""Inputs, buttons and the context menu of a toast."""

import pytest

from tests.unit.wns.golden import parsed
from tests.unit.wns.refusals import refusal, refusals
from wns.toast import Toast

BUTTON = {"content": "Go", "arguments": "go"}


def toast(**fields):
    return {"texts": ["a"], **fields}


def actions(**fields):
    return parsed(Toast.model_validate(toast(**fields)).to_xml()).find("actions")


def selection_input(count, **fields):
    selections = [{"id": str(n), "content": f"{n} minutes"} for n in range(count)]
    return {"id": "minutes", "selections": selections, **fields}


def test_toast_has_at_most_5_inputs_of_both_kinds_together():
    inputs = [{"id": str(n)} for n in range(4)]

    assert len(actions(inputs=[*inputs, selection_input(1)])) == 5
    assert refusals(Toast, toast(inputs=[*inputs, selection_input(1), {"id": "one more"}])) == [
        ("inputs", "At most 5 inputs in a toast are allowed; got 6.")
    ]


def test_selection_input_has_1_to_5_selections():
    assert len(actions(inputs=[selection_input(5)]).find("input")) == 5
    assert refusal(Toast, toast(inputs=[selection_input(6)])) == (
        "At most 5 selections in an input are allowed; got 6."
    )
    assert refusal(Toast, toast(inputs=[selection_input(0)])) == (
        "At least one selection is required."
    )


@pytest.mark.parametrize(("buttons", "items"), [(6, 0), (5, 1), (3, 3), (0, 6)])
def test_toast_has_at_most_5_buttons_and_menu_items_together(buttons, items):
    assert len(actions(buttons=[BUTTON] * max(buttons - 1, 0), context_menu=[BUTTON] * (
        items if buttons else items - 1
    ))) == 5  # fmt: skip
    assert refusal(Toast, toast(buttons=[BUTTON] * buttons, context_menu=[BUTTON] * items)) == (
        "At most 5 buttons and context menu items in a toast are allowed; got 6."
    )


def test_context_menu_beside_snooze_and_dismiss_has_at_most_5_items():
    assert len(actions(snooze_and_dismiss=True, context_menu=[BUTTON] * 5)) == 5
    assert "At most 5" in refusal(Toast, toast(snooze_and_dismiss=True, context_menu=[BUTTON] * 6))


@pytest.mark.parametrize("own", [{"buttons": [BUTTON]}, {"inputs": [{"id": "a"}]}])
def test_snooze_and_dismiss_excludes_inputs_and_buttons(own):
    assert refusal(Toast, toast(snooze_and_dismiss=True, **own)) == (
        "A toast with snooze_and_dismiss must not have inputs or buttons of its own."
    )


def test_snooze_and_dismiss_alone_is_an_empty_actions_element():
    only = actions(snooze_and_dismiss=True)

    assert only.attrib == {"hint-systemCommands": "SnoozeAndDismiss"}
    assert len(only) == 0


def test_toast_without_actions_has_no_actions_element():
    assert actions() is None


def test_inputs_with_the_same_id_are_refused():
    assert refusal(Toast, toast(inputs=[{"id": "a"}, {"id": "a"}])) == (
        "The inputs of a toast must have different ids."
    )


def test_selections_with_the_same_id_are_refused():
    selections = [{"id": "1", "content": "a"}, {"id": "1", "content": "b"}]

    assert refusal(Toast, toast(inputs=[{"id": "a", "selections": selections}])) == (
        "The selections of an input must have different ids."
    )


def test_default_input_of_a_list_must_be_one_of_its_selections():
    assert refusal(Toast, toast(inputs=[selection_input(2, default_input="2")])) == (
        "default_input must be the id of one of the selections."
    )
    default = actions(inputs=[selection_input(2, default_input="1")]).find("input")
    assert default.get("defaultInput") == "1"


@pytest.mark.parametrize("wrong", ["a", {}, {"title": "a"}, 5])
def test_input_without_id_is_refused(wrong):
    assert refusal(Toast, toast(inputs=[wrong])) == (
        "An input needs an id; a selection list also needs selections."
    )


def test_empty_ids_are_refused():
    reason = "The string must not be empty."

    assert refusal(Toast, toast(inputs=[{"id": ""}])) == reason
    selections = [{"id": "", "content": "a"}]
    assert refusal(Toast, toast(inputs=[{"id": "a", "selections": selections}])) == reason


def test_input_id_of_a_button_must_be_that_of_an_input():
    assert refusal(Toast, toast(buttons=[{**BUTTON, "input_id": "reply"}])) == (
        "The input_id of a button must be the id of one of the inputs."
    )


@pytest.mark.parametrize(
    "source",
    [
        {"id": "minutes"},
        {"id": "minutes", "selections": [{"id": "5", "content": "a"}, {"id": "b", "content": "b"}]},
        {"id": "minutes", "selections": [{"id": "-5", "content": "a"}]},
        {"id": "minutes", "selections": [{"id": "²", "content": "a"}]},
    ],
)
def test_snooze_needs_a_selection_input_with_minutes_as_ids(source):
    snooze = {"activation_type": "system", "arguments": "snooze", "input_id": "minutes"}

    assert refusal(Toast, toast(inputs=[source], buttons=[snooze])) == (
        "The input_id of snooze must be a selection input whose ids are numbers of minutes."
    )
    go = {**BUTTON, "input_id": "minutes"}
    assert actions(inputs=[source], buttons=[go]) is not None


@pytest.mark.parametrize("arguments", ["Snooze", "later", ""])
def test_system_button_is_only_snooze_or_dismiss(arguments):
    button = {"activation_type": "system", "arguments": arguments}

    assert refusal(Toast, toast(buttons=[button])) == (
        "activation_type system needs arguments snooze or dismiss."
    )


@pytest.mark.parametrize("string", ["Snooze", "accept", ""])
def test_other_string_for_a_button_is_refused(string):
    assert refusal(Toast, toast(buttons=[string])) == (
        "A button must be an object, or the string snooze or dismiss."
    )


def test_button_without_caption_needs_an_icon():
    assert refusal(Toast, toast(buttons=[{"arguments": "go"}])) == (
        "A button needs content or image_uri."
    )
    icon = {"arguments": "go", "image_uri": "ms-appx:///go.png", "tool_tip": "Go"}
    assert actions(buttons=[icon]).find("action").get("content") == ""


def test_button_needs_arguments():
    assert refusals(Toast, toast(buttons=[{"content": "Go"}])) == [
        ("buttons.0.arguments", "Field required")
    ]


def test_icon_on_only_some_buttons_is_refused():
    icon = {**BUTTON, "image_uri": "ms-appx:///go.png"}

    assert refusal(Toast, toast(buttons=[icon, BUTTON])) == (
        "Either all buttons must have an icon (image_uri) or none."
    )
    assert len(actions(buttons=[icon, icon])) == 2
    beside = {**icon, "input_id": "a"}
    assert len(actions(inputs=[{"id": "a"}], buttons=[beside, BUTTON])) == 3


@pytest.mark.parametrize("style", ["success", "critical", "Default"])
def test_unknown_style_of_a_button_is_refused(style):
    [(where, reason)] = refusals(Toast, toast(buttons=[{**BUTTON, "style": style}]))

    assert where == "buttons.0.style"
    assert reason == "Input should be 'Success' or 'Critical'"


def test_styled_button_sets_use_button_style():
    styled = [{**BUTTON, "style": "Critical"}]

    assert b'<toast useButtonStyle="true">' in Toast(texts=["a"], buttons=styled).to_xml()
    assert refusal(Toast, toast(buttons=styled, use_button_style=False)) == (
        "use_button_style must not be false if a button has a style."
    )
    assert b"<toast>" in Toast(texts=["a"], buttons=[BUTTON]).to_xml()
    assert b'="true"' in Toast(texts=["a"], use_button_style=True).to_xml()


@pytest.mark.parametrize("where", ["buttons", "context_menu"])
def test_target_app_of_an_action_needs_protocol_activation(where):
    action = {**BUTTON, "protocol_activation_target_application_pfn": "a"}

    assert refusal(Toast, toast(**{where: [action]})) == (
        "protocol_activation_target_application_pfn needs activation_type protocol."
    )


def test_context_menu_item_needs_a_caption():
    assert refusal(Toast, toast(context_menu=[{"arguments": "go"}])) == (
        "A context menu item needs content."
    )


def test_context_menu_item_cannot_be_a_system_button():
    item = {"content": "Later", "arguments": "snooze", "activation_type": "system"}

    assert refusal(Toast, toast(context_menu=[item])) == (
        "Only a button can have activation_type system."
    )
