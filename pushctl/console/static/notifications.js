// The list of an app's notifications, newest first, with filters.

import { get } from "./api.js";
import { action, empty, field, fill, head, input, pill, select, table } from "./ui.js";
import { STATE_NAMES, at, outcomeWords, stateWords } from "./words.js";
import { button, h } from "./windows/dom.js";

const DAY_S = 86_400;

export function notificationsView(place, page, { app }) {
  const state = select([["", "Any state"], ...STATE_NAMES.map((name) => [name, stateWords(name)[0]])], "");
  const template = input({ name: "template", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}" });
  const from = input({ type: "date", name: "from" });
  const to = input({ type: "date", name: "to" });
  const list = h("div", {});
  const query = () => ({
    state: state.value,
    template: template.value.trim(),
    from: from.value && secondsOf(from.value),
    to: to.value && secondsOf(to.value) + DAY_S,
  });
  const draw = () => {
    const rows = [];
    const more = h("div", { class: "row" });
    return fill(
      list,
      () => get(["apps", app, "notifications"], query()),
      (found) => {
        const tablePlace = h("div", {});
        const add = (page_) => {
          rows.push(...page_.notifications.map((each) => row(each, page, app)));
          tablePlace.replaceChildren(
            rows.length
              ? table("Notifications", ["Accepted", "Message", "To", "State", "Outcomes", "Players"], rows)
              : empty(
                  page_.next_page
                    ? "None of the newest ones match; there are older ones."
                    : "There is no such notification.",
                ),
          );
          more.replaceChildren(
            ...(page_.next_page ? [action("Older ones", () => next(page_.next_page))] : []),
          );
        };
        const next = async (after) =>
          add(await get(["apps", app, "notifications"], { ...query(), page: after }));
        add(found);
        return [tablePlace, more];
      },
    );
  };
  const filters = h(
    "form",
    { class: "filters", role: "search", "aria-label": "Filter" },
    field("State", state),
    field("Message", template),
    field("From", from),
    field("To", to),
    h(
      "div",
      { class: "row" },
      h("button", { type: "submit", class: "button" }, "Filter"),
      button("Refresh", draw),
    ),
  );
  filters.addEventListener("submit", (event) => (event.preventDefault(), draw()));
  place.append(
    head(
      "Notifications",
      `Of ${page.nameOf(app)}, kept for 30 days.`,
      h("a", { class: "button accent", href: page.address("send", app) }, "Send"),
    ),
    filters,
    list,
  );
  draw();
}

function secondsOf(day) {
  return Math.floor(new Date(`${day}T00:00`).getTime() / 1000);
}

function row(summary, page, app) {
  const [words, tone] = stateWords(summary.state);
  return [
    h("a", { href: page.address("notifications", app, summary.notification_id) }, at(summary.accepted_at)),
    summary.template ?? h("span", { class: "quiet" }, "inline"),
    summary.audience ?? "",
    pill(words, tone),
    strip(summary.counts),
    `${summary.players.reached} of ${summary.players.requested}`,
  ];
}

/** The counts as one strip, and in words. */
function strip(counts) {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const words = rows
    .map(([name, number]) => `${number.toLocaleString()} ${outcomeWords(name)[0]}`)
    .join(", ");
  if (!rows.length) return h("span", { class: "quiet" }, "none");
  return h(
    "span",
    { class: "strip-cell" },
    h(
      "span",
      { class: "strip", "aria-hidden": "true" },
      rows.map(([name, number]) =>
        h("span", { class: `tone-${outcomeWords(name)[1]}`, style: { "flex-grow": String(number) } }),
      ),
    ),
    h("span", { class: "quiet" }, words),
  );
}
