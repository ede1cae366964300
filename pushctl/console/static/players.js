// A player: devices, presence, topics, recent outcomes, why nothing arrives, and erasure.

import { confirm } from "./dialog.js";
import { get, remove } from "./api.js";
import { outcomeList } from "./outcomes.js";
import { action, attempt, card, empty, field, fill, head, input, pill, sentence, table } from "./ui.js";
import { at, count, stateWords } from "./words.js";
import { h } from "./windows/dom.js";

const NOT_ASKED = "What WNS answers is not known: no recent notification was for this player. Send one.";
const LEVELS = {
  ok: ["fine", "good"],
  note: ["note", "plain"],
  problem: ["problem", "bad"],
  unknown: ["not checked", "plain"],
};

export function playersView(place, page, { app, id }) {
  const player = input({ name: "player", value: id ?? "", required: true, maxlength: 255 });
  const search = h(
    "form",
    { class: "filters", role: "search", "aria-label": "Player" },
    field("Player's id, the sub of their tokens", player),
    h("div", { class: "row" }, h("button", { type: "submit", class: "button accent" }, "Show")),
  );
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    page.go("players", app, player.value.trim());
  });
  const body = h("div", { class: "stack" });
  place.append(head("Players", `Of ${page.nameOf(app)}.`), search, body);
  if (id) show(body, page, app, id);
  else body.append(empty("Whose devices, topics and recent notifications do you want to see?"));
}

function show(body, page, app, id) {
  const found = h("div", { class: "stack" });
  const reasons = h("div", { class: "stack", "aria-live": "polite" });
  // Searching takes a moment, so it is the last: nothing below it moves.
  const recent = h("div", { class: "stack" });
  const readRecent = () =>
    fill(
      recent,
      () => get(["apps", app, "players", id, "recent"]),
      (each) => recentParts(each, page, app),
    );
  const examine = () => fill(reasons, () => get(["apps", app, "players", id, "diagnosis"]), diagnosisParts);
  const erase = async () => {
    const text =
      "Devices, topics and interactions are deleted at once; records of past notifications within 30 days.";
    if (!(await confirm({ title: "Erase this player?", text, act: "Erase", typed: id }))) return;
    const receipt = await attempt(remove(["apps", app, "players", id]));
    if (!receipt) return;
    receiptPlace.replaceChildren(receiptParts(receipt));
    await draw({ quietly: true });
  };
  const receiptPlace = h("div", { "aria-live": "polite" });
  const more = [
    card(
      "Why does nothing arrive?",
      h(
        "p",
        { class: "quiet" },
        "Checks the app, its token, the player's devices and what WNS answered last. Nothing is sent.",
      ),
      h(
        "div",
        { class: "row" },
        action("Find out", examine, { id: "find-out" }),
        h(
          "a",
          { class: "button", href: `${page.address("send", app)}?player=${encodeURIComponent(id)}` },
          "Send to this player",
        ),
      ),
      reasons,
    ),
    card(
      "Erase",
      h("p", { class: "quiet" }, "For a player who asks for it. Cannot be undone."),
      action("Erase the player", erase, { class: "button danger" }),
      receiptPlace,
    ),
  ];
  const parts = (account) => [
    card("Devices", accountParts(account)),
    more,
    card("Recent notifications", recent),
  ];
  const draw = (options) => fill(found, () => get(["apps", app, "players", id]), parts, options);
  body.append(h("h2", { class: "player-name" }, id), found);
  draw();
  readRecent();
}

function accountParts(account) {
  if (!account.devices.length)
    return empty("No device is registered: the game has not registered one, or it has expired.");
  return [
    h(
      "p",
      { class: "row tight" },
      pill(account.in_game ? "in the game" : "not in the game", account.in_game ? "good" : "plain"),
      account.topics.length
        ? ["Topics:", account.topics.map((topic) => pill(topic))]
        : h("span", { class: "quiet" }, "no topics"),
    ),
    table(
      "Devices",
      ["Device", "Language", "Time zone", "Game version", "Channel", "Registered", "Expires"],
      account.devices.map((each) => [
        h("span", {}, each.device_id, each.in_game && pill("in the game", "good")),
        each.locale ?? "–",
        each.time_zone ?? "–",
        each.app_version ?? "–",
        each.channel_host,
        at(each.renewed_at),
        at(each.expires_at),
      ]),
    ),
  ];
}

function recentParts({ recent, large, searched }, page, app) {
  const where = `Among the newest ${count(searched, "notification")} of the app${large.length ? `; ${large.length} large ones were not searched` : ""}.`;
  if (!recent.length) return [empty("None was for this player."), h("p", { class: "quiet" }, where)];
  return [
    h(
      "ul",
      { class: "recent" },
      recent.map(({ notification, outcomes, skipped }) => {
        const [words, tone] = stateWords(notification.state);
        return h(
          "li",
          {},
          h(
            "p",
            { class: "row tight" },
            h(
              "a",
              { href: page.address("notifications", app, notification.notification_id) },
              `${notification.template ?? "Inline"}, ${at(notification.accepted_at)}`,
            ),
            pill(words, tone),
          ),
          outcomeList({ outcomes, skipped: skipped ? [skipped] : [] }),
        );
      }),
    ),
    h("p", { class: "quiet" }, where),
  ];
}

function diagnosisParts({ cause, findings }) {
  return [
    h(
      "p",
      { class: `remark ${cause ? "bad" : "good"}` },
      cause
        ? `The cause: ${cause.replaceAll("_", " ")}.`
        : "Nothing is wrong with the app or the player's devices.",
    ),
    h(
      "ul",
      { class: "findings" },
      findings.map(({ check, level, sentence: found, fix }) => {
        const text = check === "notification" && level === "unknown" ? NOT_ASKED : found;
        const [words, tone] = LEVELS[level] ?? [level, "plain"];
        return h(
          "li",
          {},
          pill(words, tone),
          h("span", {}, sentence(text), fix && h("span", { class: "quiet block" }, fix)),
        );
      }),
    ),
  ];
}

function receiptParts(receipt) {
  const rows = [
    ["Channels", receipt.channels],
    ["Owners of channel URIs", receipt.channel_uri_owners],
    ["Subscriptions", receipt.subscriptions],
    ["Registration counters", receipt.registration_counters],
    ["Interactions", receipt.interactions],
  ];
  return h(
    "div",
    { class: "receipt" },
    h("h3", {}, `Erased: ${receipt.player_id}`),
    h(
      "dl",
      { class: "figures" },
      rows.map(([name, number]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(number)))),
    ),
    h(
      "p",
      { class: "quiet" },
      `Records of past notifications are deleted by ${at(receipt.records_expire_by)}.`,
    ),
  );
}
