// Apps: the list, and the creation of one.

import { get, post, put } from "./api.js";
import {
  attempt,
  card,
  check,
  empty,
  field,
  fill,
  form,
  head,
  input,
  onOff,
  pill,
  say,
  select,
  submitButton,
  table,
} from "./ui.js";
import { ago, stopWords } from "./words.js";
import { h } from "./windows/dom.js";

const IDENTITIES = [
  ["package_sid", "Package SID (UWP and Store)"],
  ["entra", "Microsoft Entra (Windows App SDK)"],
];

export function appsView(place, page) {
  const body = h("div", { class: "stack" });
  const create = h("a", { class: "button accent", href: "#create" }, "Create an app");
  const creation = card("Create an app", creationForm(page));
  creation.id = "create";
  create.addEventListener("click", (event) => {
    event.preventDefault();
    creation.scrollIntoView();
    creation.querySelector("input").focus();
  });
  place.append(head("Apps", "Games as registered with Microsoft.", create), body);
  fill(
    body,
    () => get(["apps"]),
    ({ apps }) => [
      apps.length
        ? table(
            "Apps",
            ["App", "State", "Identity", "Access token", "Rate", "Sends"],
            apps.map((app) => row(app, page)),
          )
        : empty("There is no app yet. Create one below, then enter its credentials."),
      creation,
    ],
  );
}

function row(app, page) {
  const token = h("span", { class: "quiet" }, "…");
  get(["apps", app.app_id, "token"]).then(
    (info) => token.replaceWith(tokenPill(info)),
    () => (token.textContent = "not readable"),
  );
  const state = h("span", {}, statePill(app));
  const change = (on) => switchApp(app.app_id, on, (changed) => state.replaceChildren(statePill(changed)));
  return [
    h(
      "span",
      {},
      h("a", { href: page.address("apps", app.app_id) }, app.name),
      h("span", { class: "quiet block" }, app.app_id),
    ),
    state,
    app.identity === "entra" ? "Entra" : "Package SID",
    h("span", { class: "cell-token" }, token),
    `${app.send_rate} / s`,
    onOff(`${app.name} sends`, app.enabled, change),
  ];
}

export async function switchApp(appId, on, then) {
  const changed = await attempt(post(["apps", appId, "enabled"], { on }));
  if (!changed) return false;
  say(`${appId} is switched ${on ? "on" : "off"}.`);
  then(changed);
  return true;
}

export function statePill(app) {
  if (app.stopped) return pill(`stopped: ${stopWords(app.stopped)}`, "bad");
  return app.enabled ? pill("on", "good") : pill("off", "warn");
}

function tokenPill(info) {
  if (!info.has_credentials) return pill("no credentials", "warn");
  if (!info.is_stored) return pill("none", "bad");
  if (!info.is_valid) return pill("expired", "bad");
  return pill(ago(info.stored_at), "good");
}

function creationForm(page) {
  const id = input({ required: true, pattern: "[a-z0-9][a-z0-9\\-]{0,62}", name: "app_id" });
  const { controls, read } = settingsFields({});
  return form(
    async () => {
      const created = await attempt(put(["apps", id.value], read()));
      if (!created) return;
      await page.readApps();
      say(`${created.name} is created. Enter its credentials.`);
      page.go("apps", created.app_id);
    },
    field("Id", id, "Lower-case letters, digits and hyphens; stays as it is."),
    controls,
    h("div", { class: "row" }, submitButton("Create")),
  );
}

/** Fields of an app's settings; what has no field is kept as it was. */
export function settingsFields(app) {
  const name = input({ required: true, maxlength: 100, value: app.name ?? "", name: "name" });
  const identity = select(IDENTITIES, app.identity ?? "package_sid", { name: "identity" });
  const audiences = input({
    required: true,
    value: (app.token_audiences ?? []).join(", "),
    name: "token_audiences",
  });
  const rate = input({
    type: "number",
    min: 1,
    max: 10_000,
    required: true,
    value: app.send_rate ?? 500,
    name: "send_rate",
  });
  const track = h("input", { type: "checkbox" });
  track.checked = app.track ?? false;
  return {
    controls: [
      field("Name", name),
      field("Identity", identity),
      field("Audiences of player tokens", audiences, "Separated by commas: aud or client_id of the tokens."),
      field("Notifications per second", rate, "Of all workers together; WNS throttles above about 1,000."),
      check("Track what players do with its toasts", track),
    ],
    read: () => ({
      ...app,
      name: name.value,
      identity: identity.value,
      token_audiences: audiences.value.split(/[\s,]+/).filter(Boolean),
      send_rate: Number(rate.value),
      track: track.checked,
    }),
  };
}
