// The notification centre of Windows 11: the game's toasts, newest first, under their headings.

import { button, h } from "./windows/dom.js";
import { gameLogo } from "./windows/pictures.js";

const SHOWN_AT_FIRST = 3;

export class Centre {
  /** `draw(toast, isNewest)` returns a card; `clear()` is called when the player clears all. */
  constructor(gameName, draw, clear) {
    this.gameName = gameName;
    this.draw = draw;
    this.cards = new Map();
    this.unfolded = new Set();
    this.toasts = [];
    this.body = h("div", { class: "centre-body" });
    this.clearAll = button("Clear all", clear, { class: "button small" });
    this.element = h(
      "section",
      { class: "centre", "aria-label": "Notification centre", hidden: true, tabindex: "-1" },
      h("div", { class: "centre-head" }, h("h4", {}, "Notifications"), this.clearAll),
      this.body,
    );
  }

  update(toasts) {
    this.toasts = toasts;
    const ids = new Set(toasts.map((toast) => toast.id));
    for (const id of this.cards.keys()) if (!ids.has(id)) this.cards.delete(id);
    this.clearAll.hidden = toasts.length === 0;
    const groups = Map.groupBy([...toasts].reverse(), (toast) => toast.header?.id ?? "");
    const content = [...groups].map(([id, group]) => this.group(id, group));
    const focused = document.activeElement;
    this.body.replaceChildren(
      ...(content.length
        ? [this.appLine(), ...content]
        : [h("p", { class: "centre-empty" }, "No new notifications")]),
    );
    // The field being typed into moves with its card and gets the focus back.
    if (this.body.contains(focused)) focused.focus();
  }

  appLine() {
    return h(
      "p",
      { class: "centre-app" },
      h("img", { src: gameLogo(), alt: "", width: 16, height: 16 }),
      this.gameName,
    );
  }

  group(id, toasts) {
    const shown = this.unfolded.has(id) ? toasts : toasts.slice(0, SHOWN_AT_FIRST);
    const hidden = toasts.length - shown.length;
    const seeMore =
      hidden > 0 &&
      button(`See ${hidden} more`, () => (this.unfolded.add(id), this.update(this.toasts)), {
        class: "button small see-more",
      });
    const title = toasts[0].header?.title;
    return h(
      "div",
      { class: "centre-group" },
      title && h("h5", { class: "centre-header" }, title),
      shown.map((toast) => this.card(toast)),
      seeMore || null,
    );
  }

  card(toast) {
    if (!this.cards.has(toast.id)) this.cards.set(toast.id, this.draw(toast, toast === this.toasts.at(-1)));
    return this.cards.get(toast.id);
  }
}
