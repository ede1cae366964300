// A toast as Windows 11 shows it, from its payload.

import { adaptive } from "./adaptive.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { attribute } from "./payload.js";
import { picture } from "./pictures.js";
import { soundName } from "./sound.js";
import { buttonRow, fields } from "./toast_actions.js";
import { fold, topLine } from "./toast_top.js";

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
    {
      class: `toast scenario-${toast.scenario}`,
      "aria-label": `${gameName}: ${toast.title}`,
      "data-toast": toast.id,
    },
    topLine(toast, gameName, hands, press, folds),
    toast.hero && picture(toast.hero, toast.base, "toast-hero"),
    h(
      "button",
      { type: "button", class: "toast-body", on: { click: () => press(toast.launch) } },
      toast.logo &&
        picture(
          toast.logo,
          toast.base,
          `toast-logo${attribute(toast.logo, "hint-crop") === "circle" || toast.scenario === "incomingCall" ? " round" : ""}`,
        ),
      h(
        "span",
        { class: "toast-texts" },
        toast.texts.map(line),
        toast.attribution && h("span", { class: "toast-attribution" }, toast.attribution),
      ),
    ),
    h(
      "div",
      { class: "toast-more" },
      toast.content.map((child) =>
        child.name === "progress"
          ? progress(child)
          : child.name === "cameraPreview"
            ? camera()
            : adaptive([child], toast.base),
      ),
      fields(toast, inputs, press),
      buttonRow(toast, inputs, press, hands),
    ),
    toast.sound &&
      h(
        "p",
        { class: "toast-sound" },
        icon("sound", 12),
        soundName(toast.sound),
        toast.note && h("span", { class: "quiet" }, ` ${toast.note}`),
      ),
  );
  if (folds) {
    element.classList.add("folds");
    fold(element, !open);
  }
  return element;
}

function line(text, index) {
  const lines = attribute(text, "hint-maxLines");
  const element = h(
    "span",
    { class: index === 0 ? "toast-title" : "toast-line", lang: attribute(text, "lang") },
    text.text,
  );
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
