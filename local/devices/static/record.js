// The record of a notification: what the API knows of it, until it is finished.

import { get } from "./api.js";
import { button, exactTime, h } from "./windows/dom.js";

const AGAIN_MS = 400;
const FINISHED = new Set(["completed", "suppressed", "failed", "cancelled"]);
const PREFIX = "#notification=";

/** The address of a notification's record on this page. */
export function recordLink(id, text) {
  return h("a", { href: `${PREFIX}${encodeURIComponent(id)}`, class: "record-link" }, text);
}

/** Shows the record that the address names, in a dialog. */
export class Records {
  constructor(dialog) {
    this.dialog = dialog;
    this.timer = 0;
    dialog.addEventListener("close", () => {
      clearTimeout(this.timer);
      this.id = null;
      if (location.hash.startsWith(PREFIX)) history.replaceState(null, "", location.pathname);
    });
    addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  follow() {
    if (!location.hash.startsWith(PREFIX)) return;
    this.id = decodeURIComponent(location.hash.slice(PREFIX.length));
    this.draw(h("p", { class: "quiet" }, "Loading…"));
    if (!this.dialog.open) this.dialog.showModal();
    this.look(this.id);
  }

  async look(id) {
    let record = null;
    let why = null;
    try {
      record = await get(`/api/notifications/${encodeURIComponent(id)}`);
    } catch (error) {
      why = error.message;
    }
    if (id !== this.id) return;
    this.draw(...(record ? content(record) : [h("p", { class: "quiet" }, why)]));
    if (!record || !FINISHED.has(record.state)) this.timer = setTimeout(() => this.look(id), AGAIN_MS);
  }

  draw(...content) {
    this.dialog.replaceChildren(
      h(
        "div",
        { class: "record-head" },
        h("h2", {}, "Record of the notification"),
        button("Close", () => this.dialog.close(), { class: "button small" }),
      ),
      h("p", { class: "code record-id" }, this.id),
      ...content,
    );
  }
}

function content(record) {
  const { requested, reached, skipped } = record.players;
  const counts = Object.entries(record.counts).map(([name, count]) => `${count} ${name}`);
  const unsent = record.skipped ?? [];
  return [
    facts([
      ["State", record.state],
      ["Accepted", `${exactTime(record.accepted_at)}, by way of the ${record.accepted_via}`],
      ["Template", record.template ?? "none"],
      ["Audience", record.audience],
      ["Players", `${reached} of ${requested} reached${listed(skipped)}`],
      ["Outcomes", counts.join(", ") || "none yet"],
    ]),
    table(
      ["Player", "Device", "Kind", "Outcome"],
      Object.entries(record.outcomes)
        .sort(([one], [other]) => one.localeCompare(other))
        .map(([name, outcome]) => [...parts(name), outcome.outcome]),
    ),
    unsent.length > 0 &&
      table(
        ["Player who got nothing", "Reason"],
        unsent.map((each) => [each.player_id, each.reason]),
      ),
  ].filter(Boolean);
}

function facts(pairs) {
  return h(
    "dl",
    { class: "record-facts" },
    pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

function table(columns, rows) {
  return h(
    "table",
    { class: "record-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          row.map((value) => h("td", {}, value)),
        ),
      ),
    ),
  );
}

function listed(skipped) {
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return reasons.length ? `; skipped: ${reasons.join(", ")}` : "";
}

// "player#device#kind"; only a player's id may contain "#".
function parts(name) {
  const [kind, device, ...player] = name.split("#").reverse();
  return [player.reverse().join("#"), device, kind];
}
