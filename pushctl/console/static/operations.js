// Operations: lanes, alarms with what the runbook says, and dead letters.

import { confirm } from "./dialog.js";
import { get, post } from "./api.js";
import { action, attempt, card, empty, errorBox, fill, head, pill, say, sentence, table } from "./ui.js";
import { ago, count, duration } from "./words.js";
import { runbookText } from "./runbook.js";
import { button, h } from "./windows/dom.js";

const EVERY_MS = 5000;
const SECTIONS = {
  request: "RequestsDeadLettered",
  broadcast: "PagesDeadLettered",
  delivery: "DeliveriesDeadLettered",
  refresh: "RefreshesDeadLettered",
};
const LANES = {
  requests: "Requests",
  direct: "Direct deliveries",
  broadcast: "Broadcast pages",
  bulk: "Bulk deliveries",
};

export function operationsView(place) {
  const body = h("div", { class: "stack" });
  const state = h("div", { class: "stack" });
  const letters = h("div", { class: "stack" });
  let isOpen = true;
  let timer = 0;
  const drawState = (found) => state.replaceChildren(...stateParts(found));
  const drawLetters = (found) =>
    letters.replaceChildren(...[letterParts(found, readLetters)].flat(2).filter(Boolean));
  const follow = async () => {
    const found = document.hidden ? null : await get(["operations"]).catch(() => null);
    // What is open there, or has the focus, stays as it is.
    if (found && isOpen && !state.contains(document.activeElement) && !state.querySelector("details[open]"))
      drawState(found);
    if (isOpen) timer = setTimeout(follow, EVERY_MS);
  };
  const readLetters = async () => {
    const found = await attempt(get(["dead-letters"]));
    if (found) drawLetters(found);
  };
  const read = () => Promise.all([get(["operations"]), get(["dead-letters"])]);
  place.append(head("Operations", "Queues, alarms and what failed.", action("Refresh", readLetters)), body);
  fill(body, read, ([operations, found]) => {
    drawState(operations);
    drawLetters(found);
    return [state, card("Dead letters", letters)];
  });
  timer = setTimeout(follow, EVERY_MS);
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

function stateParts({ status, alarms }) {
  return [
    card(
      "Alarms",
      alarms.length
        ? h("ul", { class: "alarms" }, alarms.map(alarm))
        : h("p", { class: "remark good" }, `No alarm of ${status.alarms_known} is raised.`),
    ),
    card(
      "Lanes",
      table(
        "Lanes",
        ["Lane", "Waiting", "In flight", "Delayed", "Oldest"],
        status.lanes.map((lane) => [
          LANES[lane.name] ?? lane.name,
          lane.waiting.toLocaleString(),
          lane.in_flight.toLocaleString(),
          lane.delayed.toLocaleString(),
          lane.oldest_s === null ? "unknown" : lane.waiting || lane.in_flight ? duration(lane.oldest_s) : "–",
        ]),
      ),
    ),
  ];
}

function alarm({ name, reason, section, runbook }) {
  return h(
    "li",
    {},
    h(
      "p",
      { class: "row tight" },
      pill("raised", "bad"),
      h("b", {}, section),
      h("span", { class: "quiet" }, name),
    ),
    h("p", {}, reason),
    runbook
      ? h("details", {}, h("summary", {}, "What to do"), runbookText(runbook))
      : h("p", { class: "quiet" }, "docs/deploy.md (Roll back) says what to do."),
  );
}

function letterParts({ dead_letters: letters, is_complete: isComplete }, read) {
  if (!letters.length) return empty("There are no dead letters.");
  const groups = [...Map.groupBy(letters, (each) => each.queue)];
  return [
    groups.map(([queue, each]) => group(queue, each, read)),
    !isComplete && h("p", { class: "remark warn" }, "There are more than are shown."),
  ];
}

function group(queue, letters, read) {
  const boxes = letters.map((letter) => {
    const box = h("input", { type: "checkbox", "aria-label": `Choose ${letter.message_id}` });
    return { letter, box };
  });
  const body = h("div", {});
  const chosen = () => boxes.filter(({ box }) => box.checked).map(({ letter }) => letter);
  const redrive = async () => {
    const some = chosen();
    if (!some.length) return say("Choose the messages first.");
    const done = await attempt(
      post(["dead-letters", "redrive"], {
        queues: [queue],
        message_ids: some.map((each) => each.message_id),
        include_refused: true,
      }),
    );
    if (!done) return undefined;
    say(
      [`${count(done.moved, "message")} moved back to the queue.`, ...done.problems.map(sentence)].join(" "),
    );
    return read();
  };
  const purge = async () => {
    const some = chosen();
    if (!some.length) return say("Choose the messages first.");
    const text = `${count(some.length, "message")} will never be sent.`;
    if (!(await confirm({ title: "Delete them for good?", text, act: "Delete" }))) return undefined;
    const done = await attempt(
      post(["dead-letters", "purge"], { queues: [queue], message_ids: some.map((each) => each.message_id) }),
    );
    if (done) say(`${count(done.deleted, "message")} deleted.`);
    return read();
  };
  return h(
    "section",
    { class: "dead-group", "aria-label": `Dead letters: ${queue}` },
    h("h3", {}, `${queue} (${letters.length})`),
    table(
      `Dead letters: ${queue}`,
      ["Choose", "Reason", "App", "Message", "Age", "Body"],
      boxes.map(({ letter, box }) => row(letter, box, body)),
    ),
    h(
      "div",
      { class: "row" },
      button("Choose all", () => boxes.forEach(({ box }) => (box.checked = true))),
      action("Move back to the queue", redrive, { class: "button accent", "data-redrive": queue }),
      action("Delete", purge, { class: "button danger" }),
      runbookLink(queue, body),
    ),
    body,
  );
}

function row(letter, box, body) {
  const open = async () => {
    const found = await attempt(get(["dead-letters", letter.message_id]));
    if (found)
      body.replaceChildren(
        h(
          "pre",
          { class: "code", tabindex: "0", "aria-label": "Body of the message" },
          JSON.stringify(found.body, null, 2),
        ),
      );
  };
  return [
    h("label", { class: "choose" }, box),
    h("span", {}, sentence(letter.reason), letter.was_refused && pill("refused for what it says", "warn")),
    letter.app_id ?? "–",
    letter.template ?? letter.notification_id?.slice(0, 8) ?? "–",
    ago(letter.since),
    action("Show", open, { class: "button small", "aria-label": `Show the body of ${letter.message_id}` }),
  ];
}

function runbookLink(queue, body) {
  return action("What to do", async () => {
    try {
      body.replaceChildren(runbookText((await get(["runbook", SECTIONS[queue]])).text));
    } catch (error) {
      body.replaceChildren(errorBox(error));
    }
  });
}
