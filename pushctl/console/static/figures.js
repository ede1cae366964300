// The figures of a dry run, and what each language would see.

import { screenOf } from "./preview.js";
import { action, card, sentence } from "./ui.js";
import { count } from "./words.js";
import { h } from "./windows/dom.js";

/** `send(figures)` is called when the user wants it sent. */
export function figuresOf(figures, gameName, request, send) {
  const noun = request.send_at ? "Schedule it" : `Send to ${count(figures.devices, "device")}`;
  return [
    card(
      "Figures of the dry run",
      h(
        "dl",
        { class: "figures" },
        figure("Players", figures.players),
        figure("Devices", figures.devices),
        figure("In the game now", figures.in_game),
      ),
      languagesOf(figures.by_language),
      figures.note && h("p", { class: "remark warn" }, sentence(figures.note)),
      !figures.devices &&
        h("p", { class: "remark warn" }, "Nobody of this audience has a registered device."),
      h(
        "div",
        { class: "row" },
        action(noun, () => send(figures), { class: "button accent", id: "send" }),
      ),
    ),
    card("What they see", h("div", { class: "screens" }, screensOf(figures.kinds, gameName))),
  ];
}

function figure(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value.toLocaleString()));
}

function languagesOf(rows) {
  if (!rows.length) return null;
  return h(
    "ul",
    { class: "by-language" },
    rows.map(({ language, devices, has_own_texts: isOwn }) =>
      h(
        "li",
        {},
        h("b", {}, language || "no language"),
        ` ${count(devices, "device")}`,
        !isOwn && h("span", { class: "quiet" }, " of other languages, which the message lacks"),
      ),
    ),
  );
}

function screensOf(rendered, gameName) {
  return [...Map.groupBy(rendered, (each) => each.locale)].map(([locale, kinds]) =>
    h(
      "figure",
      { lang: locale || null },
      h("figcaption", {}, locale || "Every language"),
      screenOf(kinds, gameName),
    ),
  );
}
