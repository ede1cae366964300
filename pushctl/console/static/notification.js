// One notification: its way as a timeline, counts as bars, outcomes and skips by page, each with its
// reason. While it is not final it is followed.

import { confirm } from "./dialog.js";
import { CallError, get, remove } from "./api.js";
import { bars, outcomeList } from "./outcomes.js";
import { action, attempt, card, errorBox, head, loading, pill, say } from "./ui.js";
import { at, count, isFinal, stateWords, viaWords } from "./words.js";
import { h } from "./windows/dom.js";

const EVERY_MS = 1000;

export function notificationView(place, page, { app, id }) {
  let isOpen = true;
  let timer = 0;
  const top = h("div", { class: "stack" }, loading());
  const pages = outcomePages(app, id);
  place.append(top);
  const follow = async () => {
    try {
      const found = await get(["apps", app, "notifications", id]);
      if (!isOpen) return;
      const isFirst = !pages.element.isConnected;
      if (isFirst) top.replaceChildren(...parts(found.report, page, app, follow));
      else drawProgress(top, found.report);
      if (isFirst) place.append(pages.element);
      pages.show(found);
      if (!isFinal(found.report.summary.state)) timer = setTimeout(follow, EVERY_MS);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (isOpen) top.replaceChildren(head("Notification", id), errorBox(error, follow));
    }
  };
  follow();
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

function parts(report, page, app, follow) {
  const { summary } = report;
  const cancel = action(
    "Cancel it",
    async () => {
      const text = "Sends in flight complete; the counts say what was sent before.";
      if (!(await confirm({ title: "Cancel this notification?", text, act: "Cancel it" }))) return;
      if (await attempt(remove(["apps", app, "notifications", summary.notification_id])))
        say("It is cancelled.");
      follow();
    },
    { class: "button danger", id: "cancel" },
  );
  const title = summary.template
    ? h("a", { href: page.address("messages", app, summary.template) }, summary.template)
    : "Inline notification";
  const made = h(
    "div",
    { class: "stack" },
    head(title, summary.notification_id, cancel),
    h("div", { id: "progress", class: "stack" }),
  );
  drawProgress(made, report);
  return [...made.children];
}

/** Draws what changes while it is sent. */
function drawProgress(top, report) {
  const { summary } = report;
  const [words, tone] = stateWords(summary.state);
  const cancel = top.querySelector("#cancel");
  if (cancel) cancel.hidden = isFinal(summary.state);
  top
    .querySelector("#progress")
    .replaceChildren(
      h(
        "p",
        { class: "row tight", role: "status" },
        pill(words, tone),
        h("span", {}, report.note ?? progressWords(summary)),
      ),
      card("Its way", timeline(report)),
      h(
        "div",
        { class: "columns-2" },
        card("Outcomes on devices", bars(summary.counts, "Outcomes on devices")),
        card("Players", playersPart(summary.players), interactionsPart(report)),
      ),
    );
}

function progressWords({ finished, deliveries, recipients, state }) {
  if (state === "completed") return `Sent to ${count(recipients, "device")}, with an outcome for each kind.`;
  return `${finished} of ${deliveries} ${deliveries === 1 ? "delivery" : "deliveries"} finished so far.`;
}

function timeline({ summary, outcomes }) {
  const times = outcomes.map((each) => each.at).filter(Boolean);
  const isDispatched = ["dispatched", "completed"].includes(summary.state) || summary.deliveries > 0;
  const isBroadcast = summary.shards > 0;
  const steps = [
    [
      true,
      "Requested",
      `By ${viaWords(summary.accepted_via)}: ${summary.accepted_by ?? "not recorded"}; request ${summary.request_id}`,
    ],
    [true, "Accepted", at(summary.accepted_at)],
    summary.send_at && [summary.state !== "scheduled", "Scheduled", `To be sent ${at(summary.send_at)}`],
    [
      isDispatched,
      "Dispatched",
      isDispatched
        ? `${count(summary.recipients, "device")} found${isBroadcast ? `; ${summary.shards_done} of ${summary.shards} shards searched` : ""}`
        : "Not yet",
    ],
    [
      times.length > 0,
      "WNS",
      times.length
        ? `First outcome ${at(Math.min(...times))}, last ${at(Math.max(...times))}`
        : "No outcome yet",
    ],
  ].filter(Boolean);
  return h(
    "ol",
    { class: "timeline" },
    steps.map(([isDone, name, text]) =>
      h("li", { class: isDone ? "done" : "" }, h("b", {}, name), h("span", {}, text)),
    ),
  );
}

function playersPart({ requested, reached, skipped }) {
  return [
    h("p", {}, `${reached.toLocaleString()} of ${count(requested, "player")} reached.`),
    Object.keys(skipped).length > 0 && bars(skipped, "Players who were sent nothing"),
  ];
}

function interactionsPart({ summary, interactions }) {
  if (!summary.tracked) return h("p", { class: "quiet" }, "What players do with it is not tracked.");
  const { actions, ...kinds } = interactions;
  const words = Object.entries({ ...kinds, ...actions }).map(([name, number]) => `${name} ${number}`);
  return h("p", {}, `What players did: ${words.join(", ")}.`);
}

/** Outcomes and skips, a page of the record at a time. */
function outcomePages(app, id) {
  const list = h("div", {});
  const more = h("div", { class: "row" });
  const element = card("Outcomes and skips", list, more);
  const earlier = [];
  const show = ({ report, next_page: next }) => {
    const drawn = outcomeList(report);
    list.replaceChildren(...[...earlier, drawn].filter(Boolean));
    if (!list.childElementCount) list.append(h("p", { class: "quiet" }, "None yet."));
    const read = async () => {
      const found = await attempt(get(["apps", app, "notifications", id], { page: next }));
      if (!found) return;
      if (drawn) earlier.push(drawn);
      show(found);
    };
    more.replaceChildren(...(next ? [action("More", read)] : []));
  };
  return {
    element,
    /** The first page; what was read beyond it stays. */
    show: (found) => earlier.length === 0 && show(found),
  };
}
