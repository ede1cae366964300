// Apps: the list, and one app with its settings, credentials and access token.

import { get, post, put, remove } from "./api.js";
import { credentialsCard } from "./credentials.js";
import { action, attempt, card, confirm, empty, field, fill, form, head, input, onOff, pill, say, select, submitButton, table } from "./ui.js";
import { ago, stopWords } from "./words.js";
import { h } from "./windows/dom.js";

const IDENTITIES = [
  ["package_sid", "Package SID (UWP and Store)"],
  ["entra", "Microsoft Entra (Windows App SDK)"],
];
const READY_SECONDS = 20;

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
  fill(body, () => get(["apps"]), ({ apps }) => [
    apps.length
      ? table("Apps", ["App", "State", "Identity", "Access token", "Rate", "Sends"], apps.map((app) => row(app, page)))
      : empty("There is no app yet. Create one below, then enter its credentials."),
    creation,
  ]);
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
    h("span", {}, h("a", { href: page.address("apps", app.app_id) }, app.name), h("span", { class: "quiet block" }, app.app_id)),
    state,
    app.identity === "entra" ? "Entra" : "Package SID",
    h("span", { class: "cell-token" }, token),
    `${app.send_rate} / s`,
    onOff(`${app.name} sends`, app.enabled, change),
  ];
}

async function switchApp(appId, on, then) {
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
function settingsFields(app) {
  const name = input({ required: true, maxlength: 100, value: app.name ?? "", name: "name" });
  const identity = select(IDENTITIES, app.identity ?? "package_sid", { name: "identity" });
  const audiences = input({ required: true, value: (app.token_audiences ?? []).join(", "), name: "token_audiences" });
  const rate = input({ type: "number", min: 1, max: 10_000, required: true, value: app.send_rate ?? 500, name: "send_rate" });
  const track = h("input", { type: "checkbox" });
  track.checked = app.track ?? false;
  return {
    controls: [
      field("Name", name),
      field("Identity", identity),
      field("Audiences of player tokens", audiences, "Separated by commas: aud or client_id of the tokens."),
      field("Notifications per second", rate, "Of all workers together; WNS throttles above about 1,000."),
      check_(track),
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

function check_(control) {
  return h("label", { class: "check" }, control, h("span", {}, "Track what players do with its toasts"));
}

export function appView(place, page, { app: appId }) {
  const body = h("div", { class: "stack" });
  place.append(body);
  let isOpen = true;
  const read = () => Promise.all([get(["apps", appId]), get(["apps", appId, "token"])]);
  const draw = () => fill(body, read, ([app, info]) => (isOpen ? parts(app, info, page, draw) : []));
  draw();
  return () => (isOpen = false);
}

function parts(app, info, page, draw) {
  const token = h("div", {});
  const readToken = (options) => fill(token, () => get(["apps", app.app_id, "token"]), (info) => tokenParts(info, app, readToken), options);
  const title = head(app.name, app.app_id, h("a", { class: "button", href: page.address("messages", app.app_id) }, "Messages"));
  token.append(...tokenParts(info, app, readToken).filter(Boolean));
  return [
    title,
    h(
      "div",
      { class: "columns-2" },
      h("div", { class: "stack" }, stateCard(app, draw), settingsCard(app, draw)),
      h(
        "div",
        { class: "stack" },
        credentialsCard(app, () => waitForToken(app.app_id, readToken)),
        card("Access token", token),
        card("Delete", deletion(app, page)),
      ),
    ),
  ];
}

function stateCard(app, draw) {
  const resume = async () => {
    if ((await attempt(post(["apps", app.app_id, "resume"]))) === undefined) return;
    say(`${app.name} sends again.`);
    draw();
  };
  return card(
    "State",
    h(
      "div",
      { class: "row between" },
      h("div", { class: "row" }, h("span", {}, "Sends notifications"), statePill(app)),
      onOff("Sends notifications", app.enabled, (on) => switchApp(app.app_id, on, draw)),
    ),
    app.stopped && h("p", {}, `The service stopped it: ${stopWords(app.stopped)}. When the cause is resolved, resume it.`),
    h(
      "div",
      { class: "row" },
      action(app.stopped ? "Resume" : "Resume now", resume, { class: app.stopped ? "button accent" : "button" }),
      !app.stopped && h("span", { class: "quiet" }, "Also ends a wait that WNS asked for."),
    ),
  );
}

function settingsCard(app, draw) {
  const { app_id: appId, stopped, ...settings } = app;
  const { controls, read } = settingsFields(settings);
  const save = async () => {
    const is_resumed = stopped && !(await confirm({ title: "Save and resume?", text: "Storing the settings of a stopped app resumes it.", act: "Save and resume" }));
    if (is_resumed || !(await attempt(put(["apps", appId], read())))) return;
    say("The settings are saved.");
    draw();
  };
  return card("Settings", form(save, controls, h("div", { class: "row" }, submitButton("Save"))));
}

function tokenParts(info, app, readToken) {
  const refresh = async () => {
    const done = await attempt(post(["apps", app.app_id, "token"]));
    if (done) say(done.sentence);
    await readToken({ quietly: true });
  };
  const words = !info.has_credentials
    ? "There are no credentials yet."
    : !info.is_stored
      ? "There is no token: nothing can be sent."
      : `Obtained ${ago(info.stored_at)}; ${info.is_valid ? "valid" : "expired"}.`;
  return [
    h("p", { class: "token-words", "data-valid": String(info.is_valid) }, words),
    info.is_of_current_credentials === false && h("p", {}, pill("of earlier credentials", "warn")),
    h("div", { class: "row" }, action("Refresh now", refresh)),
  ];
}

// The token is obtained after the credentials are stored, by an event.
async function waitForToken(appId, readToken) {
  for (let second = 0; second < READY_SECONDS; second += 1) {
    const info = await get(["apps", appId, "token"]).catch(() => null);
    if (info?.is_valid && info.is_of_current_credentials !== false) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await readToken({ quietly: true });
}

function deletion(app, page) {
  const run = async () => {
    const text = "Its credentials, its access token and its settings are deleted; its channels expire.";
    if (!(await confirm({ title: `Delete ${app.name}?`, text, act: "Delete", typed: app.app_id }))) return;
    if ((await attempt(remove(["apps", app.app_id]))) === undefined) return;
    await page.readApps();
    say(`${app.name} is deleted.`);
    page.go("apps");
  };
  return [h("p", { class: "quiet" }, "Cannot be undone."), action("Delete the app", run, { class: "button danger" })];
}
