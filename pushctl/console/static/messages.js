// Messages: an app's templates, each with its switch "Send as push".

import { get, put } from "./api.js";
import {
  attempt,
  card,
  empty,
  field,
  fill,
  form,
  head,
  input,
  onOff,
  pill,
  say,
  submitButton,
  table,
} from "./ui.js";
import { h } from "./windows/dom.js";

export function messagesView(place, page, { app }) {
  const body = h("div", { class: "stack" });
  place.append(
    head("Messages", `What ${page.nameOf(app)} can say: templates that requests and events name.`),
    body,
  );
  const draw = (options) =>
    fill(
      body,
      () => get(["apps", app, "templates"]),
      ({ messages }) => [
        messages.length
          ? table(
              "Messages",
              ["Message", "Languages", "Sends", "Version", "Send as push"],
              messages.map((message) => row(message, page, app, () => draw({ quietly: true }))),
            )
          : empty("There is no message yet. Name one below; an event of that name sends it."),
        card("New message", creation(page, app)),
      ],
      options,
    );
  draw();
}

function row(message, page, app, draw) {
  const { template_id: id, version, content } = message;
  const kinds = new Set(Object.values(content.locales).flatMap((each) => Object.keys(each)));
  const change = async (on) => {
    const stored = await attempt(
      put(["apps", app, "templates", id], { version, content: { ...content, push_enabled: on } }),
    );
    if (stored) say(`${id} is ${on ? "sent as push" : "not sent as push any more"}.`);
    draw();
    return Boolean(stored);
  };
  return [
    h("a", { href: page.address("messages", app, id) }, id),
    h(
      "span",
      { class: "row tight" },
      Object.keys(content.locales).map((locale) =>
        pill(locale, locale === content.default_locale ? "accent" : "plain"),
      ),
    ),
    [...kinds].join(", "),
    String(version),
    onOff(`Send ${id} as push`, content.push_enabled ?? true, change),
  ];
}

function creation(page, app) {
  const id = input({ required: true, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}", name: "template_id" });
  return form(
    () => {
      location.hash = `${page.address("messages", app, id.value)}?new=1`;
    },
    field("Name", id, "As the event is called, such as ChallengeReceived."),
    h("div", { class: "row" }, submitButton("Write it")),
  );
}
