// A toast as Windows 11 shows it, from its payload.

import { adaptive } from "./adaptive.js";
import { h, when } from "./dom.js";
import { icon } from "./icons.js";
import { all, attribute, baseOf, first } from "./payload.js";
import { bundled, picture } from "./pictures.js";
import { soundName } from "./sound.js";

const MOST_TEXTS = 3;
const STAYING = new Set(["reminder", "alarm", "incomingCall"]);
const SYSTEM_WORDS = { snooze: "Snooze", dismiss: "Dismiss" };
const SNOOZE_MINUTES = { 5: "5 minutes", 10: "10 minutes", 60: "1 hour", 240: "4 hours", 1440: "1 day" };
// "App notification content": 5 seconds, long ones 25; what needs an answer stays.
const SHORT_SECONDS = 5;
const LONG_SECONDS = 25;

/** What is to be known about a toast before it is drawn. */
export function readToast(view) {
  const root = view.document;
  const visual = first(root, "visual");
  const binding = first(visual, "binding");
  const images = all(binding, "image");
  const placed = (placement) => images.find((image) => attribute(image, "placement") === placement) ?? null;
  const isLegacy = attribute(binding, "template") !== "ToastGeneric";
  const texts = all(binding, "text").filter((text) => attribute(text, "placement") !== "attribution");
  if (isLegacy) texts.sort((one, other) => attribute(one, "id", 0) - attribute(other, "id", 0));
  const actions = first(root, "actions");
  const scenario = attribute(root, "scenario", "default");
  const buttons = all(actions, "action");
  // Without a button, a reminder or an alarm is an ordinary toast.
  const hasEffect = buttons.length > 0 || attribute(actions, "hint-systemCommands") || scenario === "incomingCall" || scenario === "urgent";
  return {
    id: view.message_id,
    arrivedAt: Date.parse(attribute(root, "displayTimestamp", "")) / 1000 || view.arrived_at,
    base: baseOf(visual, binding),
    scenario: hasEffect ? scenario : "default",
    stays: Boolean(hasEffect) && STAYING.has(scenario),
    seconds: attribute(root, "duration") === "long" ? LONG_SECONDS : SHORT_SECONDS,
    launch: { arguments: attribute(root, "launch", ""), activationType: attribute(root, "activationType", "foreground") },
    title: texts[0]?.text ?? "",
    texts: texts.slice(0, MOST_TEXTS),
    attribution: all(binding, "text").find((text) => attribute(text, "placement") === "attribution")?.text ?? null,
    logo: isLegacy ? (images[0] ?? null) : placed("appLogoOverride"),
    hero: placed("hero"),
    content: binding.children.filter(
      (child) =>
        ["group", "progress", "cameraPreview"].includes(child.name) ||
        (child.name === "image" && !isLegacy && !["appLogoOverride", "hero"].includes(attribute(child, "placement"))),
    ),
    inputs: all(actions, "input"),
    buttons: buttons.filter((action) => attribute(action, "placement") !== "contextMenu"),
    menu: buttons.filter((action) => attribute(action, "placement") === "contextMenu"),
    hasSystemCommands: attribute(actions, "hint-systemCommands") === "SnoozeAndDismiss",
    coloursButtons: attribute(root, "useButtonStyle") === "true",
    header: first(root, "header")?.attributes ?? null,
    sound: view.audio,
    soundLoops: attribute(first(root, "audio"), "loop") === "true",
    note: view.note,
    pops: view.popup !== false,
    replaces: view.tag ? `${view.group}/${view.tag}` : null,
  };
}

/** All that a reader of the screen says when it arrives. */
export function spoken(toast) {
  return [...toast.texts.map((text) => text.text), toast.attribution].filter(Boolean).join(". ");
}

/**
 * The toast. `hands` are called with what the player does: press({arguments, activationType, inputs,
 * keeps}), dismiss(), snooze(minutes), mute(). With `folds` it is a card of the notification centre.
 */
export function toastElement(toast, gameName, hands, { folds = false, open = true } = {}) {
  const inputs = new Map();
  const collected = () => Object.fromEntries([...inputs].map(([id, control]) => [id, control.value]));
  const press = (what) => hands.press({ ...what, inputs: collected() });
  const element = h(
    "article",
    { class: `toast scenario-${toast.scenario}`, "aria-label": `${gameName}: ${toast.title}`, "data-toast": toast.id },
    topLine(toast, gameName, hands, press, folds),
    toast.hero && picture(toast.hero, toast.base, "toast-hero"),
    h(
      "button",
      { type: "button", class: "toast-body", on: { click: () => press(toast.launch) } },
      toast.logo && picture(toast.logo, toast.base, `toast-logo${attribute(toast.logo, "hint-crop") === "circle" || toast.scenario === "incomingCall" ? " round" : ""}`),
      h("span", { class: "toast-texts" }, toast.texts.map(line), toast.attribution && h("span", { class: "toast-attribution" }, toast.attribution)),
    ),
    h(
      "div",
      { class: "toast-more" },
      toast.content.map((child) => (child.name === "progress" ? progress(child) : child.name === "cameraPreview" ? camera() : adaptive([child], toast.base))),
      fields(toast, inputs, press),
      buttonRow(toast, inputs, press, hands),
    ),
    toast.sound && h("p", { class: "toast-sound" }, icon("sound", 12), soundName(toast.sound), toast.note && h("span", { class: "quiet" }, ` ${toast.note}`)),
  );
  if (folds) {
    element.classList.add("folds");
    fold(element, !open);
  }
  return element;
}

function topLine(toast, gameName, hands, press, folds) {
  const menu = h("div", { class: "menu", role: "menu", hidden: true });
  const more = h("button", { type: "button", class: "tool", "aria-label": "More", "aria-haspopup": "menu", "aria-expanded": "false" }, icon("more"));
  const show = (shown) => {
    menu.hidden = !shown;
    more.setAttribute("aria-expanded", String(shown));
    if (shown) menu.firstElementChild.focus();
  };
  const item = (text, listener) => h("button", { type: "button", role: "menuitem", class: "menu-item", on: { click: () => (show(false), listener()) } }, text);
  menu.append(
    ...toast.menu.map((action) => item(attribute(action, "content"), () => press(actionOf(action)))),
    item(`Turn off all notifications for ${gameName}`, hands.mute),
  );
  more.addEventListener("click", () => show(menu.hidden));
  menu.addEventListener("keydown", (event) => menuKey(event, menu, () => (show(false), more.focus())));
  menu.addEventListener("focusout", (event) => !menu.contains(event.relatedTarget) && event.relatedTarget !== more && show(false));
  const line = h(
    "div",
    { class: "toast-app" },
    h("img", { src: "/static/art/logo.svg", alt: "", width: 16, height: 16 }),
    h("span", { class: "toast-app-name" }, gameName),
    toast.scenario === "urgent" && h("span", { class: "urgent", title: "Important: also in do not disturb" }, icon("alert", 12), "Important"),
    folds && h("time", { class: "toast-time" }, when(toast.arrivedAt)),
    folds && foldButton(),
    h("span", { class: "menu-place" }, more, menu),
    h("button", { type: "button", class: "tool", "aria-label": `Dismiss: ${toast.title}`, on: { click: hands.dismiss } }, icon("close")),
  );
  line.addEventListener("contextmenu", (event) => (event.preventDefault(), show(true)));
  return line;
}

function menuKey(event, menu, close) {
  const items = [...menu.children];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") close();
  else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function foldButton() {
  const turn = (event) => {
    const card = event.currentTarget.closest(".toast");
    fold(card, !card.classList.contains("folded"));
  };
  return h("button", { type: "button", class: "tool fold", on: { click: turn } }, icon("down"));
}

function fold(card, folded) {
  card.classList.toggle("folded", folded);
  const control = card.querySelector(".fold");
  control.setAttribute("aria-expanded", String(!folded));
  control.setAttribute("aria-label", folded ? "Show all of it" : "Show less");
  control.replaceChildren(icon(folded ? "down" : "up"));
}

function line(text, index) {
  const lines = attribute(text, "hint-maxLines");
  const element = h("span", { class: index === 0 ? "toast-title" : "toast-line", lang: attribute(text, "lang") }, text.text);
  if (lines) element.style.setProperty("-webkit-line-clamp", lines);
  return element;
}

function progress(bar) {
  const value = attribute(bar, "value");
  const known = Number.isFinite(Number(value));
  const share = known ? Math.round(Number(value) * 100) : null;
  const words = attribute(bar, "valueStringOverride") ?? (known ? `${share}%` : "");
  const label = attribute(bar, "title") ?? attribute(bar, "status");
  const track = h("div", {
    class: `progress${known ? "" : " progress-moving"}`,
    role: "progressbar",
    "aria-label": label,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-valuenow": share,
    "aria-valuetext": words || null,
  });
  const fill = h("span", { class: "progress-fill" });
  if (known) fill.style.setProperty("width", `${share}%`);
  track.append(fill);
  return h(
    "div",
    { class: "progress-block" },
    attribute(bar, "title") && h("p", { class: "progress-title" }, attribute(bar, "title")),
    track,
    h("p", { class: "progress-words" }, h("span", {}, attribute(bar, "status")), h("span", {}, words)),
  );
}

function camera() {
  return h("div", { class: "camera" }, icon("picture", 24), "The camera's picture");
}

function fields(toast, inputs, press) {
  return toast.inputs.map((input) => {
    const id = attribute(input, "id");
    const label = attribute(input, "title");
    const name = label ?? attribute(input, "placeHolderContent") ?? id;
    const isList = attribute(input, "type") === "selection";
    const control = isList ? list(input, name) : h("input", { type: "text", class: "field", placeholder: attribute(input, "placeHolderContent", ""), value: attribute(input, "defaultInput", ""), "aria-label": name });
    inputs.set(id, control);
    const beside = isList ? null : toast.buttons.find((action) => attribute(action, "hint-inputId") === id);
    if (beside) {
      control.addEventListener("keydown", (event) => event.key === "Enter" && press(actionOf(beside)));
    }
    return h(
      "div",
      { class: "input" },
      label && h("span", { class: "input-label" }, label),
      h("div", { class: "input-row" }, control, beside && actionButton(beside, toast, () => press(actionOf(beside)))),
    );
  });
}

function list(input, name) {
  const control = h(
    "select",
    { class: "field", "aria-label": name },
    all(input, "selection").map((selection) => h("option", { value: attribute(selection, "id") }, attribute(selection, "content"))),
  );
  const preset = attribute(input, "defaultInput");
  if (preset !== null) control.value = preset;
  return control;
}

function buttonRow(toast, inputs, press, hands) {
  const isList = (id) => inputs.get(id) instanceof HTMLSelectElement;
  const inRow = toast.buttons.filter((action) => !attribute(action, "hint-inputId") || isList(attribute(action, "hint-inputId")));
  const row = inRow.map((action) =>
    actionButton(action, toast, () => {
      if (attribute(action, "activationType") !== "system") press(actionOf(action));
      else if (attribute(action, "arguments") === "snooze") hands.snooze(Number(inputs.get(attribute(action, "hint-inputId"))?.value ?? 9));
      else hands.dismiss();
    }),
  );
  if (toast.hasSystemCommands) {
    const minutes = h("select", { class: "field", "aria-label": "Snooze for" }, Object.entries(SNOOZE_MINUTES).map(([value, text]) => h("option", { value }, text)));
    row.push(h("button", { type: "button", class: "toast-button", on: { click: () => hands.snooze(Number(minutes.value)) } }, "Snooze"));
    row.push(h("button", { type: "button", class: "toast-button", on: { click: hands.dismiss } }, "Dismiss"));
    return [h("div", { class: "input-row" }, minutes), h("div", { class: "toast-buttons" }, row)];
  }
  return row.length ? h("div", { class: "toast-buttons" }, row) : null;
}

function actionButton(action, toast, listener) {
  const style = toast.coloursButtons ? attribute(action, "hint-buttonStyle") : null;
  const source = attribute(action, "imageUri");
  const address = source && bundled(source, toast.base);
  const system = attribute(action, "activationType") === "system" ? SYSTEM_WORDS[attribute(action, "arguments")] : null;
  const tip = attribute(action, "hint-toolTip");
  return h(
    "button",
    { type: "button", class: `toast-button${style ? ` style-${style}` : ""}`, title: tip, on: { click: listener } },
    address && h("img", { src: address, alt: "", width: 16, height: 16 }),
    attribute(action, "content") || system || tip || attribute(action, "arguments"),
  );
}

function actionOf(action) {
  return {
    arguments: attribute(action, "arguments", ""),
    activationType: attribute(action, "activationType", "foreground"),
    keeps: attribute(action, "afterActivationBehavior") === "pendingUpdate",
  };
}
