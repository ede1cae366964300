// The fields and buttons of a toast.

import { h } from "./dom.js";
import { all, attribute } from "./payload.js";
import { bundled } from "./pictures.js";
import { actionOf } from "./toast_model.js";

const SYSTEM_WORDS = { snooze: "Snooze", dismiss: "Dismiss" };
const SNOOZE_MINUTES = { 5: "5 minutes", 10: "10 minutes", 60: "1 hour", 240: "4 hours", 1440: "1 day" };

/** The fields, each with the button beside it; fills `inputs` with the controls by id. */
export function fields(toast, inputs, press) {
  return toast.inputs.map((input) => {
    const id = attribute(input, "id");
    const label = attribute(input, "title");
    const name = label ?? attribute(input, "placeHolderContent") ?? id;
    const isList = attribute(input, "type") === "selection";
    const control = isList
      ? list(input, name)
      : h("input", {
          type: "text",
          class: "field",
          placeholder: attribute(input, "placeHolderContent", ""),
          value: attribute(input, "defaultInput", ""),
          "aria-label": name,
        });
    inputs.set(id, control);
    const beside = isList ? null : toast.buttons.find((action) => attribute(action, "hint-inputId") === id);
    if (beside) {
      control.addEventListener("keydown", (event) => event.key === "Enter" && press(actionOf(beside)));
    }
    return h(
      "div",
      { class: "input" },
      label && h("span", { class: "input-label" }, label),
      h(
        "div",
        { class: "input-row" },
        control,
        beside && actionButton(beside, toast, () => press(actionOf(beside))),
      ),
    );
  });
}

function list(input, name) {
  const control = h(
    "select",
    { class: "field", "aria-label": name },
    all(input, "selection").map((selection) =>
      h("option", { value: attribute(selection, "id") }, attribute(selection, "content")),
    ),
  );
  const preset = attribute(input, "defaultInput");
  if (preset !== null) control.value = preset;
  return control;
}

/** The row of buttons below, or null. */
export function buttonRow(toast, inputs, press, hands) {
  const isList = (id) => inputs.get(id) instanceof HTMLSelectElement;
  const inRow = toast.buttons.filter(
    (action) => !attribute(action, "hint-inputId") || isList(attribute(action, "hint-inputId")),
  );
  const row = inRow.map((action) =>
    actionButton(action, toast, () => {
      if (attribute(action, "activationType") !== "system") press(actionOf(action));
      else if (attribute(action, "arguments") === "snooze")
        hands.snooze(Number(inputs.get(attribute(action, "hint-inputId"))?.value ?? 9));
      else hands.dismiss();
    }),
  );
  if (toast.hasSystemCommands) {
    const minutes = h(
      "select",
      { class: "field", "aria-label": "Snooze for" },
      Object.entries(SNOOZE_MINUTES).map(([value, text]) => h("option", { value }, text)),
    );
    row.push(
      h(
        "button",
        { type: "button", class: "toast-button", on: { click: () => hands.snooze(Number(minutes.value)) } },
        "Snooze",
      ),
    );
    row.push(h("button", { type: "button", class: "toast-button", on: { click: hands.dismiss } }, "Dismiss"));
    return [h("div", { class: "input-row" }, minutes), h("div", { class: "toast-buttons" }, row)];
  }
  return row.length ? h("div", { class: "toast-buttons" }, row) : null;
}

function actionButton(action, toast, listener) {
  const style = toast.coloursButtons ? attribute(action, "hint-buttonStyle") : null;
  const source = attribute(action, "imageUri");
  const address = source && bundled(source, toast.base);
  const system =
    attribute(action, "activationType") === "system" ? SYSTEM_WORDS[attribute(action, "arguments")] : null;
  const tip = attribute(action, "hint-toolTip");
  return h(
    "button",
    {
      type: "button",
      class: `toast-button${style ? ` style-${style}` : ""}`,
      title: tip,
      on: { click: listener },
    },
    address && h("img", { src: address, alt: "", width: 16, height: 16 }),
    attribute(action, "content") || system || tip || attribute(action, "arguments"),
  );
}
