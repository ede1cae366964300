// The page: one state from the server, kept up to date by one stream of events.

import { get, post, RefusedError } from "./api.js";
import { DeviceCard } from "./device.js";
import { h } from "./windows/dom.js";
import { icon } from "./windows/icons.js";
import { RequestLog } from "./log.js";
import { fillAddForm, SendPanel } from "./panel.js";
import { knowPictures } from "./windows/pictures.js";
import { soundIsOn, switchSound } from "./windows/sound.js";

const KINDS = [
  "toast",
  "tile",
  "badge",
  "raw",
  "dropped",
  "discarded",
  "held",
  "removed",
  "device",
  "step",
  "channel",
  "clock",
  "request",
  "gone",
];
const PRESENCE_SECONDS = 120;
const PROBLEM_SECONDS = 12;

const place = (id) => document.getElementById(id);
const cards = new Map();
const refreshing = new Map();
let state = null;
let log = null;
let panel = null;
let addForm = null;
let problemTimer = 0;

const page = {
  gameName: "",
  readAloud: (text) => place("announcer").replaceChildren(h("p", {}, text)),
  attempt,
};

/** The answer of a call, or null after its fault has been shown. */
async function attempt(promise) {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof TypeError)) throw error;
    showProblem(
      error instanceof RefusedError
        ? error.message
        : "The page's server does not respond. Is the laptop stack running?",
    );
    return null;
  }
}

function showProblem(text) {
  const problem = place("problem");
  problem.textContent = text;
  problem.hidden = false;
  clearTimeout(problemTimer);
  problemTimer = setTimeout(() => (problem.hidden = true), PROBLEM_SECONDS * 1000);
}

async function load() {
  state = await get("/api/state");
  page.gameName = state.game.name;
  place("game-name").textContent = state.game.name;
  knowPictures(Object.fromEntries(state.art.map((name) => [name, `/static/art/${name}.svg`])));
  log ??= new RequestLog(place("log"), place("log-count"));
  panel ??= new SendPanel(place("send"), state.game, attempt);
  addForm ??= fillAddForm(place("add-form"), addDevice);
  state.requests.forEach((entry) => log.add(entry));
  const ids = new Set(state.devices.map((device) => device.device_id));
  for (const id of [...cards.keys()]) if (!ids.has(id)) drop(id);
  state.devices.forEach(show);
  addForm.skip(cards.size);
  drawEmpty();
}

async function addDevice(player, name) {
  const view = await attempt(post("/api/devices", { player, name }));
  if (!view) return false;
  show(view);
  return true;
}

function show(view) {
  const card = cards.get(view.device_id);
  if (card) card.update(view);
  else {
    const added = new DeviceCard(view, page);
    cards.set(view.device_id, added);
    place("devices").append(added.element);
  }
  panel.setPlayers([...new Set([...cards.values()].map((each) => each.view.player))].sort());
  drawEmpty();
}

function drop(id) {
  cards.get(id)?.element.remove();
  cards.delete(id);
  drawEmpty();
}

function drawEmpty() {
  const devices = place("devices");
  const empty = devices.querySelector(".empty");
  if (cards.size) empty?.remove();
  else if (!empty) {
    devices.append(
      h(
        "div",
        { class: "empty" },
        h("img", { src: "/static/art/duel.svg", alt: "" }),
        h("p", {}, "No device yet. Add one, or two side by side, and send them a challenge."),
      ),
    );
  }
}

// A changed device is fetched again; many changes at once cause one more fetch at the end.
async function refresh(id) {
  if (refreshing.has(id)) {
    refreshing.set(id, true);
    return;
  }
  do {
    refreshing.set(id, false);
    const view = await attempt(get(`/api/devices/${encodeURIComponent(id)}`));
    if (view && cards.has(id)) show(view);
  } while (refreshing.get(id) && cards.has(id));
  refreshing.delete(id);
}

function hear(kind, data, number) {
  if (kind === "request") log.add(data);
  else if (kind === "clock") cards.forEach((_, id) => refresh(id));
  else if (kind === "gone") drop(data.device_id);
  else if (cards.has(data.device_id)) {
    cards.get(data.device_id).hear(kind, data, number);
    refresh(data.device_id);
  } else if (kind === "step") refreshNew(data.device_id);
}

// A device that another tab has added.
async function refreshNew(id) {
  const view = await get(`/api/devices/${encodeURIComponent(id)}`).catch(() => null);
  if (view && !cards.has(id)) show(view);
}

function listen() {
  const stream = new EventSource(`/api/events?after=${state.cursor}`);
  let wasLost = false;
  stream.addEventListener("open", () => {
    place("connection").textContent = "Live";
    place("connection").classList.remove("lost");
    if (wasLost) attempt(load());
    wasLost = false;
  });
  stream.addEventListener("error", () => {
    wasLost = true;
    place("connection").textContent = "Waiting for the stack…";
    place("connection").classList.add("lost");
  });
  for (const kind of KINDS)
    stream.addEventListener(kind, (event) => hear(kind, JSON.parse(event.data), Number(event.lastEventId)));
}

function drawSound() {
  const control = place("sound");
  const isOn = soundIsOn();
  control.setAttribute("aria-pressed", String(isOn));
  control.replaceChildren(icon(isOn ? "sound" : "silent"), isOn ? "Sound on" : "Sound off");
}

place("sound").addEventListener("click", async () => {
  await switchSound();
  drawSound();
});
drawSound();
await load();
listen();
// Presence expires by itself: a game in front renews it periodically.
setInterval(() => {
  for (const card of cards.values()) if (card.view.game === "front") card.play("front");
}, PRESENCE_SECONDS * 1000);
