// Sends the draft, in the chosen language, to one player, and says what came of it.

import { get, post } from "./api.js";
import { outcomeList } from "./outcomes.js";
import { action, attempt, field, input, pill } from "./ui.js";
import { isFinal, stateWords } from "./words.js";
import { h } from "./windows/dom.js";

const EVERY_MS = 700;
const MOST_ROUNDS = 60;
let lastPlayer = "";

export function testSend(draft) {
  const player = input({ name: "player", value: lastPlayer, maxlength: 255 });
  const result = h("div", { class: "test-result", "aria-live": "polite" });
  let run = 0;
  const send = async () => {
    run += 1;
    const mine = run;
    lastPlayer = player.value.trim();
    if (!lastPlayer) return player.focus();
    result.replaceChildren(h("p", { class: "quiet" }, "Sending…"));
    const sent = await attempt(
      post(["apps", draft.app, "templates", draft.id, "test"], {
        content: draft.content,
        parameters: draft.parameters,
        locale: draft.locale,
        player: lastPlayer,
      }),
    );
    if (!sent) return result.replaceChildren();
    for (let round = 0; round < MOST_ROUNDS && mine === run; round += 1) {
      const found = await attempt(
        Promise.all(sent.notification_ids.map((id) => get(["apps", draft.app, "notifications", id]))),
      );
      if (!found || mine !== run) return undefined;
      result.replaceChildren(...found.map(({ report }) => oneResult(draft.app, report)));
      if (found.every(({ report }) => isFinal(report.summary.state))) return undefined;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return undefined;
  };
  const element = h(
    "div",
    { class: "stack" },
    h("p", { class: "quiet" }, "What you see, in the language you see, without saving it."),
    field("Player", player),
    h(
      "div",
      { class: "row" },
      action("Send to this player", send, { class: "button accent", id: "test-send" }),
    ),
    result,
  );
  return { element, stop: () => (run += 1) };
}

function oneResult(app, report) {
  const { summary } = report;
  const [words, tone] = stateWords(summary.state);
  return h(
    "div",
    { class: "result" },
    h(
      "p",
      { class: "row tight" },
      pill(words, tone),
      h("a", { href: `#/notifications/${encodeURIComponent(app)}/${summary.notification_id}` }, "Details"),
    ),
    report.note && h("p", {}, report.note),
    outcomeList(report),
  );
}
