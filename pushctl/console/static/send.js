// Sending: audience, message, parameters and time; a dry run first, then the live progress.

import { CallError, get, post } from "./api.js";
import { confirm } from "./dialog.js";
import { figuresOf } from "./figures.js";
import {
  action,
  attempt,
  card,
  check,
  empty,
  errorBox,
  field,
  fill,
  head,
  input,
  say,
  select,
  textarea,
} from "./ui.js";
import { count } from "./words.js";
import { h, segments } from "./windows/dom.js";

const AUDIENCES = [
  ["players", "Players"],
  ["topic", "A topic"],
  ["everyone", "Everyone"],
];
const INLINE = '{\n  "toast": {"texts": ["Servers go down at 18:00"]}\n}';

export function sendView(place, page, { app, query }) {
  const body = h("div", {});
  place.append(
    head("Send", `As ${page.nameOf(app)}. Nothing is sent before you have seen the figures.`),
    body,
  );
  fill(
    body,
    () => get(["apps", app, "templates"]),
    ({ messages }) => [sendForm(page, app, messages, query)],
  );
}

function sendForm(page, app, messages, query) {
  const audience = audiencePart(query);
  const content = contentPart(messages, query);
  const time = timePart();
  const result = h(
    "div",
    { class: "stack", "aria-live": "polite" },
    empty("The figures of the dry run appear here."),
  );
  let prepared = null;
  const element = h("form", { class: "stack" });

  const checkFirst = async () => {
    if (!element.reportValidity()) return;
    let request;
    try {
      request = { ...audience.read(), ...content.read(), ...time.read() };
    } catch (error) {
      result.replaceChildren(errorBox(error));
      return;
    }
    result.replaceChildren(h("p", { class: "quiet" }, "Counting devices and rendering every language…"));
    try {
      const figures = await post(["apps", app, "dry-run"], request);
      // One id for these figures: however often it is pressed, it is one request.
      prepared = { ...request, request_id: `console-${crypto.randomUUID()}` };
      result.replaceChildren(...figuresOf(figures, page.nameOf(app), prepared, send));
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      result.replaceChildren(errorBox(error));
    }
  };
  const send = async (figures) => {
    const isEveryone = Boolean(prepared.audience.everyone);
    const text = `${count(figures.devices, "device")} of ${count(figures.players, "player")} get it.`;
    if (isEveryone && !(await confirm({ title: "Send to everyone?", text, act: "Send to everyone" }))) return;
    const sent = await attempt(post(["apps", app, "notifications"], prepared));
    if (!sent) return;
    say("It is accepted.");
    page.go("notifications", app, sent.notification_ids[0]);
  };
  // Figures are of what was checked: after a change they are checked again.
  element.addEventListener("input", () => {
    if (!prepared) return;
    prepared = null;
    result.replaceChildren(empty("You have changed it: check again."));
  });
  element.addEventListener("submit", (event) => (event.preventDefault(), checkFirst()));
  element.append(
    card("To", audience.element),
    card("What", content.element),
    card("When", time.element),
    h("div", { class: "row" }, action("Check first", checkFirst, { class: "button accent", id: "check" })),
  );
  return h(
    "div",
    { class: "columns-2" },
    element,
    h("section", { class: "stack", "aria-label": "Dry run" }, result),
  );
}

function audiencePart(query) {
  const players = textarea({ rows: 3, name: "players", value: query.get("player") ?? "" });
  const topic = input({ name: "topic", pattern: "[a-z0-9_.:\\-]{1,64}" });
  const repeat = h("input", { type: "checkbox" });
  const parts = {
    players: field("Players", players, "Ids, separated by spaces or lines; up to 1,000."),
    topic: field("Topic", topic),
    everyone: h(
      "div",
      { class: "form" },
      h(
        "p",
        { class: "quiet" },
        "Every device of the app. The same content twice within 30 minutes is refused, as WNS takes it for abuse.",
      ),
      check("Send it although the same went out", repeat),
    ),
  };
  let kind = "players";
  const shown = h("div", {}, parts.players);
  const choice = segments("Audience", "audience", AUDIENCES, (value) => {
    kind = value;
    shown.replaceChildren(parts[kind]);
  });
  choice.querySelector("input").checked = true;
  return {
    element: [choice, shown],
    read: () => {
      if (kind === "everyone") return { audience: { everyone: true }, allow_repeat: repeat.checked };
      if (kind === "topic") return { audience: { topic: topic.value.trim() } };
      return { audience: { players: players.value.split(/[\s,]+/).filter(Boolean) } };
    },
  };
}

function contentPart(messages, query) {
  const options = [...messages.map(({ template_id: id }) => [id, id]), ["", "Without a message: JSON"]];
  const choice = select(options, query.get("message") ?? options[0][0], { name: "message" });
  const parameters = h("div", { class: "fields-2" });
  const inline = textarea({ class: "field code", rows: 6, value: INLINE, name: "notification" });
  const skip = h("input", { type: "checkbox" });
  const draw = () => {
    const message = messages.find((each) => each.template_id === choice.value);
    const names = message ? placeholdersOf(message.content.locales) : [];
    parameters.replaceChildren(
      ...(message
        ? names.map((name) =>
            field(name, input({ name: `parameter-${name}`, "data-parameter": name, required: true })),
          )
        : [field("Notification", inline, "One toast, tile, badge or raw: docs/notifications.md")]),
    );
  };
  choice.addEventListener("change", draw);
  draw();
  return {
    element: [field("Message", choice), parameters, check("Skip players who are in the game", skip)],
    read: () => {
      const options_ = skip.checked ? { options: { skip_players_in_game: true } } : {};
      if (!choice.value) return { notification: parse(inline.value), ...options_ };
      const given = [...parameters.querySelectorAll("[data-parameter]")].map((each) => [
        each.dataset.parameter,
        each.value,
      ]);
      return { template: choice.value, parameters: Object.fromEntries(given), ...options_ };
    },
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CallError(`The notification is not JSON: ${error.message}`);
  }
}

function placeholdersOf(content) {
  const found = JSON.stringify(content).matchAll(/\$\{([A-Za-z][A-Za-z0-9_]*)(?:\|[a-z]+)?\}/g);
  return [...new Set([...found].map(([, name]) => name))].sort();
}

function timePart() {
  const when = input({ type: "datetime-local", name: "send_at" });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return {
    element: field("Send at", when, `In your time (${zone}), up to a year ahead. Empty: now.`),
    read: () => (when.value ? { send_at: new Date(when.value).toISOString() } : {}),
  };
}
