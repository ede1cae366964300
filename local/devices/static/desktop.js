// The screen of a device: desktop with the live tile, game, toasts, notification centre, taskbar.

import { badgeElement } from "./windows/badge.js";
import { Centre } from "./centre.js";
import { clockTime, h } from "./windows/dom.js";
import { icon } from "./windows/icons.js";
import { Popups } from "./popups.js";
import { gameLogo } from "./windows/pictures.js";
import { tileElement } from "./windows/tile.js";
import { toastElement } from "./windows/toast.js";
import { readToast } from "./windows/toast_model.js";

const CYCLE_SECONDS = 6;
const CHAT_LINES = 4;

export class Desktop {
  /** `hands(toast)` returns what the player can do with a toast; `open()` starts the game. */
  constructor(gameName, { hands, clear, open }) {
    this.gameName = gameName;
    this.hands = hands;
    this.pinned = h("div", { class: "pinned" });
    this.chat = h("ol", { class: "chat", "aria-label": "Raw notifications in the game" });
    this.scene = h(
      "div",
      { class: "scene", hidden: true },
      h("p", { class: "scene-title" }, gameName),
      this.chat,
    );
    this.popups = new Popups(h("div", { class: "popups" }), (toast) =>
      toastElement(toast, gameName, this.hands(toast)),
    );
    this.centre = new Centre(
      gameName,
      (toast, open_) => toastElement(toast, gameName, this.hands(toast), { folds: true, open: open_ }),
      clear,
    );
    this.taskIcon = h("button", { type: "button", class: "task task-game", on: { click: open } });
    this.bell = h("button", {
      type: "button",
      class: "task task-bell",
      "aria-expanded": "false",
      on: { click: () => this.toggleCentre() },
    });
    this.time = h("span", { class: "task-time" });
    this.kept = h("p", { class: "off-kept" });
    this.off = h(
      "div",
      { class: "off", hidden: true },
      icon("power", 40),
      h("p", { class: "off-words" }, "Switched off"),
      this.kept,
    );
    this.element = h(
      "div",
      { class: "screen" },
      this.pinned,
      this.scene,
      this.popups.list,
      this.centre.element,
      h(
        "div",
        { class: "taskbar" },
        h("div", { class: "task-middle" }, startIcon(), this.taskIcon),
        h("div", { class: "task-tray" }, this.bell),
      ),
      this.off,
    );
    this.element.addEventListener(
      "keydown",
      (event) => event.key === "Escape" && !this.centre.element.hidden && this.toggleCentre(),
    );
    this.tiles = [];
    this.turn = 0;
    setInterval(() => this.tick(), CYCLE_SECONDS * 1000);
  }

  /** Draws what the device shows now. */
  update(view) {
    this.view = view;
    const toasts = view.toasts.filter((toast) => toast.document).map(readToast);
    const onScreen = view.online ? toasts.map((toast) => toast.id) : [];
    this.popups.keep(new Set(onScreen), view.cursor ?? 0);
    this.centre.update(toasts);
    this.tick(view.tiles.at(-1)?.message_id !== this.tiles.at(-1)?.message_id);
    this.drawTaskbar(toasts.length);
    this.scene.hidden = view.game !== "front";
    this.off.hidden = view.online;
    this.kept.textContent = keptWords(view.channel?.held ?? []);
  }

  /** A toast has come in, with the event of that number. */
  arrive(toast, number) {
    if (toast.pops && this.centre.element.hidden) this.popups.show(toast, number);
  }

  receiveRaw(text) {
    this.chat.append(h("li", {}, readable(text)));
    while (this.chat.children.length > CHAT_LINES) this.chat.firstElementChild.remove();
  }

  toggleCentre() {
    const { element } = this.centre;
    element.hidden = !element.hidden;
    this.bell.setAttribute("aria-expanded", String(!element.hidden));
    if (element.hidden) this.bell.focus();
    else {
      this.popups.clear();
      element.focus();
    }
  }

  // With a queue the tile cycles through the last five; a new one is shown first.
  tick(isNew = false) {
    if (!this.view) return;
    const { tiles, tile_size: size, tile_queue: cycles, badge } = this.view;
    this.tiles = tiles;
    this.turn = isNew || !cycles ? 0 : this.turn + 1;
    const shown = tiles.length
      ? tiles[(tiles.length * 2 - 1 - (this.turn % tiles.length)) % tiles.length]
      : null;
    const key = JSON.stringify([shown?.message_id, size, badge]);
    if (key !== this.tileKey) {
      this.tileKey = key;
      this.pinned.replaceChildren(tileElement(shown, size, this.gameName, badgeElement(badge)));
    }
    this.time.replaceChildren(clockTime(Date.now() / 1000), h("br"), new Date().toLocaleDateString());
  }

  drawTaskbar(count) {
    const { badge, game } = this.view;
    this.taskIcon.classList.toggle("running", game !== "closed");
    this.taskIcon.classList.toggle("active", game === "front");
    const state = { closed: "closed", background: "running", front: "in front" }[game];
    const marked = badge === null ? "" : `, badge ${badge}`;
    this.taskIcon.setAttribute("aria-label", `${this.gameName}, ${state}${marked}`);
    this.taskIcon.replaceChildren(
      ...[
        h("img", { src: gameLogo(), alt: "", width: 26, height: 26 }),
        badgeElement(badge),
      ].filter(Boolean),
    );
    this.bell.setAttribute(
      "aria-label",
      `Notification centre, ${count} ${count === 1 ? "notification" : "notifications"}`,
    );
    this.bell.replaceChildren(
      this.time,
      icon("bell", 15),
      ...(count ? [h("span", { class: "bell-count" }, String(count))] : []),
    );
  }
}

function startIcon() {
  return h("span", { class: "start", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"));
}

function keptWords(held) {
  if (!held.length) return "WNS keeps nothing for it.";
  const counts = Map.groupBy(held, (kind) => kind);
  return `WNS keeps for it: ${[...counts].map(([kind, all]) => `${all.length} ${kind}`).join(", ")}.`;
}

// The clan message is JSON for the game, which shows it as chat; anything else is shown as it is.
function readable(text) {
  try {
    const { from, text: words } = JSON.parse(text);
    return from && words ? `${from}: ${words}` : text;
  } catch {
    return text;
  }
}
