// A Windows 11 screen that shows a message in one language: toast, badge on the taskbar, tiles, raw.

import { badgeElement } from "./windows/badge.js";
import { h } from "./windows/dom.js";
import { all, attribute, first } from "./windows/payload.js";
import { gameLogo } from "./windows/pictures.js";
import { tileElement } from "./windows/tile.js";
import { toastElement } from "./windows/toast.js";
import { readToast, spoken } from "./windows/toast_model.js";

const DEFAULT_SOUND = "ms-winsoundevent:Notification.Default";
const NO_HANDS = { press() {}, dismiss() {}, snooze() {}, mute() {} };
const WIDEST_NUMBER = 99;
const IN_ROWS = ["medium", "wide", "large", "small"];

/** The screen for the kinds of one language, as the preview route returns them. */
export function screenOf(kinds, gameName) {
  const of = (kind) => kinds.find((each) => each.kind === kind && each.document);
  const [toast, tile, badge] = [of("toast"), of("tile"), of("badge")].map((each) => each?.document);
  const model = toast && readToast(viewOf(toast));
  const value = badge && shownValue(attribute(badge, "value"));
  const screen = h(
    "div",
    { class: "screen", inert: true },
    h("div", { class: "popups" }, model ? toastElement(model, gameName, NO_HANDS) : null),
    h("div", { class: "taskbar" }, h("div", { class: "task-middle" }, taskIcon(value))),
  );
  const raw = kinds.find((each) => each.kind === "raw" && each.text !== null);
  return h(
    "div",
    { class: "preview-screen" },
    h(
      "p",
      { class: "unseen" },
      [model && `Toast: ${spoken(model)}`, value && `Badge: ${value}`].filter(Boolean).join(". "),
    ),
    screen,
    tile && tiles(tile, gameName, value),
    raw &&
      h(
        "div",
        { class: "raw" },
        h("p", { class: "quiet" }, "The game receives"),
        h("pre", { class: "code", tabindex: "0", "aria-label": "Raw notification" }, raw.text),
      ),
  );
}

function viewOf(document) {
  const audio = first(document, "audio");
  const isSilent = attribute(audio, "silent") === "true";
  return {
    document,
    message_id: "preview",
    arrived_at: Date.now() / 1000,
    audio: isSilent ? null : attribute(audio, "src", DEFAULT_SOUND),
  };
}

function shownValue(value) {
  if (value === "0" || value === "none") return null;
  return Number(value) > WIDEST_NUMBER ? `${WIDEST_NUMBER}+` : value;
}

function taskIcon(value) {
  return h(
    "span",
    { class: "task task-game running" },
    h("img", { src: gameLogo(), alt: "", width: 26, height: 26 }),
    badgeElement(value),
  );
}

/** The sizes that the payload has a binding for. */
function tiles(document, gameName, value) {
  const view = { document };
  const names = all(first(document, "visual"), "binding").map((each) => attribute(each, "template"));
  const sizes = IN_ROWS.filter((size) => names.some((name) => name.toLowerCase().includes(size)));
  const shown = sizes.length ? sizes : ["medium", "wide"];
  return h(
    "div",
    { class: "tiles", role: "group", "aria-label": "Live tile" },
    shown.map((size) => tileElement(view, size, gameName, badgeElement(value))),
  );
}
