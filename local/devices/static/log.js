// The log: each request to WNS with status, headers and, for a dropped one, the reason.

import { clockTime, h } from "./windows/dom.js";

const MOST = 100;
const GOOD = new Set(["shown", "removed", "granted"]);
const WAITING = new Set(["held"]);

export class RequestLog {
  constructor(list, count) {
    this.list = list;
    this.count = count;
    this.newest = 0;
    this.drawCount();
  }

  add(entry) {
    if (entry.number <= this.newest) return;
    this.newest = entry.number;
    this.list.prepend(line(entry));
    while (this.list.children.length > MOST) this.list.lastElementChild.remove();
    this.drawCount();
  }

  drawCount() {
    const shown = this.list.children.length;
    this.count.textContent = shown ? `newest first, ${shown} shown` : "nothing yet";
  }
}

function line(entry) {
  const outcome = entry.outcome ?? entry.reason;
  const tone =
    entry.status === 200 && GOOD.has(outcome)
      ? "good"
      : WAITING.has(outcome)
        ? "held"
        : entry.status < 300
          ? "warn"
          : "bad";
  const what =
    entry.endpoint === "token" ? "access token" : (entry.type ?? "").replace("wns/", "") || entry.method;
  return h(
    "li",
    {},
    h(
      "details",
      { class: "log-entry", "data-outcome": outcome },
      h(
        "summary",
        {},
        h("time", {}, clockTime(entry.at)),
        h("span", { class: `pill pill-${tone}` }, String(entry.status ?? entry.reason)),
        h("span", { class: "log-what" }, what),
        h("span", { class: "log-where" }, entry.device_id ?? entry.host),
        h("span", { class: `log-outcome tone-${tone}` }, outcome),
        entry.why && h("span", { class: "log-why" }, entry.why),
      ),
      h(
        "div",
        { class: "log-more" },
        block("Request", [[`${entry.method} https://${entry.host}`, ""], ...Object.entries(entry.headers)]),
        entry.body && h("pre", { class: "code", tabindex: "0", "aria-label": "Body" }, entry.body),
        block("Response", [[`${entry.status ?? ""} ${entry.reason}`, ""], ...entry.answer_headers]),
      ),
    ),
  );
}

function block(title, pairs) {
  return h(
    "div",
    { class: "log-block" },
    h("h4", {}, title),
    h(
      "dl",
      {},
      pairs.flatMap(([name, value]) => [
        h("dt", { class: value === "" ? "log-line" : "" }, name),
        value === "" ? null : h("dd", {}, value),
      ]),
    ),
  );
}
