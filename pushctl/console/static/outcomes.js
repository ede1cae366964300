// Outcomes and skips, each with its reason in words.

import { outcomeWords } from "./words.js";
import { pill } from "./ui.js";
import { h } from "./windows/dom.js";

/** What a notification was on each device, and for each player who was sent nothing. */
export function outcomeList({ outcomes, skipped }) {
  const items = [
    ...outcomes.map((each) =>
      line(each.outcome, `${each.player_id} · ${each.device_id} · ${each.kind}`, each.sentence),
    ),
    ...skipped.map((each) => line(each.reason, each.player_id, each.sentence)),
  ];
  return items.length ? h("ul", { class: "outcomes" }, items) : null;
}

function line(name, who, sentence) {
  const [words, tone] = outcomeWords(name);
  return h(
    "li",
    { "data-outcome": name },
    h("span", { class: "outcome-head" }, pill(words, tone), h("span", { class: "who" }, who)),
    h("span", { class: "why" }, sentence),
  );
}

/** Counts as bars, the largest first. */
export function bars(counts, label, words = outcomeWords) {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const sum = rows.reduce((all, [, number]) => all + number, 0);
  if (!sum) return h("p", { class: "quiet bars-empty" }, "None yet.");
  return h(
    "ul",
    { class: "bars", "aria-label": label },
    rows.map(([name, number]) => {
      const [text, tone] = words(name);
      return h(
        "li",
        {},
        h("span", { class: "bar-name" }, text),
        h(
          "span",
          { class: "bar-track", "aria-hidden": "true" },
          h("span", { class: `bar-fill tone-${tone}`, style: { width: `${(number / sum) * 100}%` } }),
        ),
        h(
          "span",
          { class: "bar-count" },
          `${number.toLocaleString()} (${Math.round((number / sum) * 100)} %)`,
        ),
      );
    }),
  );
}
