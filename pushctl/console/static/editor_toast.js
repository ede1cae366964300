// The form of a toast.

import { field, input, select } from "./ui.js";
import { button, h } from "./windows/dom.js";

const SOUNDS = [
  ["", "Default"],
  ...["IM", "Mail", "Reminder", "SMS", "Looping.Alarm", "Looping.Call"].map((name) => [
    `ms-winsoundevent:Notification.${name}`,
    name,
  ]),
  ["silent", "Silent"],
];
const SCENARIOS = [
  ["", "Ordinary"],
  ["reminder", "Reminder: stays until dismissed"],
  ["alarm", "Alarm: stays, and rings"],
  ["incomingCall", "Incoming call"],
  ["urgent", "Urgent"],
];
const STYLES = [
  ["", "Plain"],
  ["Success", "Green"],
  ["Critical", "Red"],
];
const TEXTS = ["Title", "Text", "More text"];
const MOST_BUTTONS = 5;

export function toastFields(draft, hands) {
  const { toast } = draft.kinds;
  return [
    TEXTS.map((label, index) => textField(draft, toast, label, index)),
    h(
      "div",
      { class: "fields-2" },
      plain(draft, toast, "attribution", "Attribution", "A quiet line below."),
      plain(draft, toast, "launch", "Arguments for the game", "Given to the game when the toast is pressed."),
      picture(draft, toast, "app_logo", "Small picture"),
      picture(draft, toast, "hero", "Large picture"),
      sound(draft, toast),
      chosen(draft, toast, "scenario", "Scenario", SCENARIOS),
    ),
    buttonsPart(draft, toast, hands),
  ];
}

/** Sets a field, or deletes one that is empty. */
function put(draft, target, name, value) {
  draft.change(() => {
    if (value === "" || value === null) delete target[name];
    else target[name] = value;
  });
}

/** The text of a value that is a text, or an object that holds one under `name`. */
function held(value, name) {
  return typeof value === "object" && value !== null ? (value[name] ?? "") : (value ?? "");
}

/** The value with another text; what else an object holds is kept. */
function replaced(value, name, text) {
  return typeof value === "object" && value !== null ? { ...value, [name]: text } : text;
}

function textField(draft, toast, label, index) {
  const control = input({ value: held(toast.texts?.[index], "text"), name: `text-${index}` });
  control.addEventListener("input", () =>
    draft.change(() => {
      const texts = [...(toast.texts ?? [])];
      while (texts.length < index) texts.push("");
      texts[index] = replaced(texts[index], "text", control.value);
      while (texts.length > 1 && held(texts.at(-1), "text") === "") texts.pop();
      toast.texts = texts;
    }),
  );
  return field(label, control, index === 0 ? "${name} stands for a parameter of the request." : "");
}

function plain(draft, toast, name, label, hint) {
  const control = input({ value: held(toast[name], "text"), name });
  control.addEventListener("input", () =>
    put(draft, toast, name, control.value && replaced(toast[name], "text", control.value)),
  );
  return field(label, control, hint);
}

function picture(draft, toast, name, label) {
  const control = input({ value: held(toast[name], "src"), name, placeholder: "ms-appx:///Assets/…" });
  control.addEventListener("input", () =>
    put(draft, toast, name, control.value && replaced(toast[name], "src", control.value)),
  );
  return field(label, control);
}

function sound(draft, toast) {
  const { audio } = toast;
  const now = audio?.silent ? "silent" : (audio?.src ?? "");
  const options = SOUNDS.some(([value]) => value === now)
    ? SOUNDS
    : [...SOUNDS, [now, now.replace("ms-winsoundevent:Notification.", "")]];
  const control = select(options, now, { name: "audio" });
  control.addEventListener("change", () => {
    const { value } = control;
    const chosen =
      value === "silent"
        ? { silent: true }
        : { src: value, ...(value.includes("Looping") ? { loop: true } : {}) };
    put(draft, toast, "audio", value && chosen);
  });
  return field("Sound", control);
}

function chosen(draft, toast, name, label, options) {
  const control = select(options, toast[name] ?? "", { name });
  control.addEventListener("change", () => put(draft, toast, name, control.value));
  return field(label, control);
}

function buttonsPart(draft, toast, hands) {
  const list = toast.buttons ?? [];
  const set = (buttons) => put(draft, toast, "buttons", buttons.length ? buttons : null);
  const remove = (index) => {
    set(list.filter((_, each) => each !== index));
    hands.redraw();
  };
  const add = () => {
    set([...list, { content: "Open", arguments: "action=open" }]);
    hands.redraw();
    document.querySelector(".button-row:last-of-type input")?.focus();
  };
  return h(
    "fieldset",
    { class: "buttons-part" },
    h("legend", {}, "Buttons"),
    list.map((each, index) => buttonRow(draft, list, index, () => remove(index))),
    list.length < MOST_BUTTONS && button("Add a button", add, { class: "button small" }),
  );
}

function buttonRow(draft, list, index, remove) {
  const item = list[index];
  const name = `Button ${index + 1}`;
  const away = button("Remove", remove, {
    class: "button small quiet-button",
    "aria-label": `Remove button ${index + 1}`,
  });
  if (typeof item !== "object")
    return h("div", { class: "button-row" }, h("span", {}, `${item}, by Windows`), away);
  const control = (key, label) => {
    const one = input({ value: item[key] ?? "", "aria-label": `${name}: ${label}`, placeholder: label });
    one.addEventListener("input", () => draft.change(() => (item[key] = one.value)));
    return one;
  };
  const style = select(STYLES, item.style ?? "", { "aria-label": `${name}: colour` });
  style.addEventListener("change", () => put(draft, item, "style", style.value));
  return h(
    "div",
    { class: "button-row" },
    control("content", "Label"),
    control("arguments", "Arguments"),
    style,
    away,
  );
}
