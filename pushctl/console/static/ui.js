// Parts that every view is made of. Text from data only ever becomes text: see windows/dom.js.

import { CallError } from "./api.js";
import { button, h } from "./windows/dom.js";

const NOTICE_SECONDS = 6;
const PROBLEM_SECONDS = 15;
const timers = new Map();
let lastId = 0;

export function newId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** The head of a view: its only h1, a line below it, and its actions. */
export function head(title, subtitle = "", ...actions) {
  return h(
    "div",
    { class: "head" },
    h("div", { class: "head-text" }, h("h1", {}, title), h("p", { class: "quiet" }, subtitle)),
    h("div", { class: "head-actions" }, actions),
  );
}

export function card(title, ...children) {
  return h("section", { class: "card" }, h("h2", {}, title), children);
}

export function pill(text, tone = "plain") {
  return h("span", { class: `pill pill-${tone}` }, text);
}

/** A labelled control. */
export function field(label, control, hint = "") {
  const hintId = hint && newId("hint");
  if (hint) control.setAttribute("aria-describedby", hintId);
  return h(
    "div",
    { class: "form-field" },
    h("label", {}, h("span", {}, label), control),
    hint && h("p", { class: "hint", id: hintId }, hint),
  );
}

export function input(attributes = {}) {
  return h("input", { class: "field", autocomplete: "off", spellcheck: "false", ...attributes });
}

export function textarea(attributes = {}) {
  return h("textarea", { class: "field", spellcheck: "false", ...attributes });
}

/** A list to choose from; `options` are [value, text]. */
export function select(options, value, attributes = {}) {
  const control = h(
    "select",
    { class: "field", ...attributes },
    options.map(([each, text]) => h("option", { value: each }, text)),
  );
  if (value !== undefined && value !== null) control.value = value;
  return control;
}

export function check(label, control) {
  return h("label", { class: "check" }, control, h("span", {}, label));
}

/** A switch; `change(on)` is called with what the user wants, and returns whether it came to be. */
export function onOff(label, isOn, change) {
  const control = h(
    "button",
    { type: "button", class: "switch", role: "switch", "aria-checked": String(isOn), "aria-label": label },
    h("span", { class: "switch-track", "aria-hidden": "true" }),
  );
  control.addEventListener("click", async () => {
    const wanted = control.getAttribute("aria-checked") !== "true";
    control.disabled = true;
    if (await change(wanted)) control.setAttribute("aria-checked", String(wanted));
    control.disabled = false;
    control.focus();
  });
  return control;
}

/** A button that is disabled while what it does is done. */
export function action(text, run, attributes = {}) {
  const control = button(
    text,
    async () => {
      control.disabled = true;
      control.setAttribute("aria-busy", "true");
      try {
        await run(control);
      } finally {
        control.disabled = false;
        control.removeAttribute("aria-busy");
      }
    },
    attributes,
  );
  return control;
}

export function form(submit, ...children) {
  const element = h("form", { class: "form" }, children);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = [...element.querySelectorAll("button[type=submit]")];
    buttons.forEach((each) => (each.disabled = true));
    try {
      await submit();
    } finally {
      buttons.forEach((each) => (each.disabled = false));
    }
  });
  return element;
}

export function submitButton(text) {
  return h("button", { type: "submit", class: "button accent" }, text);
}

/** A table that scrolls by itself where the page is narrow; `rows` are lists of cells. */
export function table(label, columns, rows) {
  return h(
    "div",
    { class: "table", role: "region", "aria-label": label, tabindex: "0" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((each) => h("th", { scope: "col" }, each)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((cells) =>
          h(
            "tr",
            {},
            cells.map((each) => h("td", {}, each)),
          ),
        ),
      ),
    ),
  );
}

export function empty(text, ...more) {
  return h("div", { class: "empty" }, h("p", {}, text), more);
}

export function loading(text = "Loading…") {
  return h(
    "div",
    { class: "loading", role: "status" },
    h("span", { class: "spinner", "aria-hidden": "true" }),
    text,
  );
}

/** A sentence about what went wrong, with the fields concerned. */
export function errorBox(error, retry = null) {
  return h(
    "div",
    { class: "error-box", role: "alert" },
    h("p", {}, sentence(error.message)),
    error.details?.length
      ? h(
          "ul",
          {},
          error.details.map((each) => h("li", {}, each)),
        )
      : null,
    retry && button("Try again", retry),
  );
}

/** Fills `place` with what `draw` makes of a call's result: loading, then that or the error. */
export async function fill(place, request, draw, { quietly = false } = {}) {
  if (!quietly) place.replaceChildren(loading());
  try {
    const drawn = draw(await request());
    place.replaceChildren(...[drawn].flat(Infinity).filter(Boolean));
    return true;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    place.replaceChildren(errorBox(error, () => fill(place, request, draw)));
    return false;
  }
}

/** The result of a call, or undefined after its error has been shown. */
export async function attempt(promise) {
  try {
    return (await promise) ?? null;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    showProblem([error.message, ...error.details].map(sentence).join(" "));
    return undefined;
  }
}

export function say(text) {
  show("notice", text, NOTICE_SECONDS);
}

export function showProblem(text) {
  show("problem", text, PROBLEM_SECONDS);
}

function show(id, text, seconds) {
  const place = document.getElementById(id);
  place.textContent = text;
  place.hidden = false;
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => (place.hidden = true), seconds * 1000),
  );
}

/** A text as a sentence. One that begins with an id or a language tag keeps its small letter. */
export function sentence(text) {
  const whole = /^[a-z]{3,} /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}
