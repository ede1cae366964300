// One app: its state, settings, credentials and access token.

import { get, post, put, remove } from "./api.js";
import { settingsFields, statePill, switchApp } from "./apps.js";
import { credentialsCard } from "./credentials.js";
import { confirm } from "./dialog.js";
import { action, attempt, card, fill, form, head, onOff, pill, say, submitButton } from "./ui.js";
import { ago, at, stopWords } from "./words.js";
import { h } from "./windows/dom.js";

const READY_SECONDS = 20;

export function appView(place, page, { app: appId }) {
  const body = h("div", { class: "stack" });
  place.append(body);
  let isOpen = true;
  const read = () =>
    Promise.all([get(["apps", appId]), get(["apps", appId, "token"]), get(["apps", appId, "pause"])]);
  const draw = () => fill(body, read, (found) => (isOpen ? parts(...found, page, draw) : []));
  draw();
  return () => (isOpen = false);
}

function parts(app, info, pause, page, draw) {
  const token = h("div", {});
  const readToken = (options) =>
    fill(
      token,
      () => get(["apps", app.app_id, "token"]),
      (info) => tokenParts(info, app, readToken),
      options,
    );
  const title = head(
    app.name,
    app.app_id,
    h("a", { class: "button", href: page.address("messages", app.app_id) }, "Messages"),
  );
  token.append(...tokenParts(info, app, readToken).filter(Boolean));
  return [
    title,
    h(
      "div",
      { class: "columns-2" },
      h("div", { class: "stack" }, stateCard(app, pause, draw), settingsCard(app, draw)),
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

function stateCard(app, pause, draw) {
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
    app.stopped &&
      h("p", {}, `The service stopped it: ${stopWords(app.stopped)}. When the cause is resolved, resume it.`),
    pause.paused_until &&
      h("p", { class: "remark warn" }, `WNS asked it to wait until ${at(pause.paused_until)}.`),
    h(
      "div",
      { class: "row" },
      action(app.stopped ? "Resume" : "Resume now", resume, {
        class: app.stopped ? "button accent" : "button",
      }),
      !app.stopped && h("span", { class: "quiet" }, "Also ends a wait that WNS asked for."),
    ),
  );
}

function settingsCard(app, draw) {
  const { app_id: appId, stopped, ...settings } = app;
  const { controls, read } = settingsFields(settings);
  const save = async () => {
    const is_resumed =
      stopped &&
      !(await confirm({
        title: "Save and resume?",
        text: "Storing the settings of a stopped app resumes it.",
        act: "Save and resume",
      }));
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
  return [
    h("p", { class: "quiet" }, "Cannot be undone."),
    action("Delete the app", run, { class: "button danger" }),
  ];
}
