// A device on the page: its screen, its controls, its steps.

import { act } from "./api.js";
import { Desktop } from "./desktop.js";
import { button, clockTime, h, segments, when } from "./windows/dom.js";
import { SIZES } from "./windows/tile.js";
import { readToast, spoken } from "./windows/toast_model.js";

const LINES_KEPT = 40;
const STATES = { closed: "Closed", background: "Background", front: "In front" };

export class DeviceCard {
  /** `page` has gameName, readAloud(text) and attempt(promise). */
  constructor(view, page) {
    this.page = page;
    this.id = view.device_id;
    this.heard = [];
    this.desktop = new Desktop(page.gameName, {
      hands: (toast) => this.hands(toast),
      clear: () => this.do("dismiss"),
      open: () => this.play(this.view.has_presence ? "front" : "background"),
    });
    this.draw(view);
    this.update(view);
  }

  /** Draws the device anew. */
  update(view) {
    this.view = view;
    this.desktop.update(view);
    const channel = view.channel?.state ?? "none";
    const isLive = view.signed_in && channel === "open";
    this.who.textContent = view.signed_in ? `Signed in as ${view.player}` : `${view.player} has signed out`;
    this.state.textContent = !view.signed_in
      ? "Not registered"
      : channel === "open"
        ? `Channel until ${when(view.channel.expires_at)}`
        : `Channel ${channel}`;
    this.state.className = `chip ${isLive ? "chip-good" : "chip-bad"}`;
    setSwitch(this.power, view.online);
    setSwitch(this.notifications, view.notifications_enabled);
    for (const radio of this.games.querySelectorAll("input")) {
      radio.checked = radio.value === view.game;
      if (radio.value === "front") radio.parentElement.hidden = !this.view.has_presence;
    }
    this.size.value = view.tile_size;
    this.cycle.checked = view.tile_queue;
    this.signOut.hidden = !view.signed_in;
    this.expire.hidden = !isLive;
    this.drawNotice(view, channel);
    this.drawLines();
  }

  /** Something has happened to the device: an event of the stream. */
  hear(kind, data, number) {
    const name = this.view.name;
    if (kind === "toast" && data.document) {
      const toast = readToast(data);
      this.desktop.arrive(toast, number);
      this.page.readAloud(`${name}: ${spoken(toast)}`);
      this.note(`Toast: ${toast.title}`, true);
    } else if (kind === "raw") {
      this.desktop.receiveRaw(data.text);
      this.note(`The game receives, raw: ${data.text}`, true);
    } else if (kind === "tile" || kind === "badge") {
      this.note(kind === "tile" ? "Live tile updated" : `Badge: ${data.value ?? "cleared"}`, true);
    } else if (kind === "dropped") {
      this.note(`WNS drops a ${data.kind}: ${data.reason}`, false);
    } else if (kind === "discarded") {
      this.note(`Windows silently discards a ${data.kind}: ${data.reason}`, false);
    } else if (kind === "held") {
      this.note(`WNS keeps a ${data.kind} until the PC is on again`, true);
    } else if (kind === "removed") {
      this.note(`${data.toasts} removed by the sender`, true);
    }
  }

  note(text, ok) {
    this.heard = [...this.heard, { at: Date.now() / 1000, text, ok }].slice(-LINES_KEPT);
    this.drawLines();
  }

  do(action, body) {
    return this.page.attempt(act(this.id, action, body));
  }

  play(game) {
    return this.do("play", { game });
  }

  hands(toast) {
    const leave = () => {
      if (this.desktop.element.contains(document.activeElement)) this.desktop.bell.focus();
      this.desktop.popups.hide(toast.id);
      this.do("dismiss", { message_id: toast.id });
    };
    return {
      dismiss: leave,
      mute: () => this.do("notifications", { on: false }),
      snooze: (minutes) => {
        leave();
        this.do("press", { text: `Windows shows "${toast.title}" again in ${minutes} min` });
        setTimeout(() => this.desktop.arrive(toast, Infinity), minutes * 60_000);
      },
      press: ({ arguments: given, activationType, inputs, keeps }) => {
        if (!keeps) leave();
        const isOurs = activationType !== "protocol";
        const kind = given === toast.launch.arguments ? "opened" : "action";
        const text = pressed(activationType, given, inputs);
        this.do("press", isOurs ? { text, kind, arguments: given, inputs } : { text });
        if (activationType === "foreground") this.play(this.view.has_presence ? "front" : "background");
      },
    };
  }

  draw(view) {
    this.who = h("span", { class: "device-who" });
    this.state = h("span", { class: "chip" });
    this.notice = h("div", { class: "notice", hidden: true });
    this.lines = h("ol", {
      class: "lines",
      role: "log",
      "aria-label": `What happened on ${view.name}`,
      tabindex: "0",
    });
    this.element = h(
      "article",
      { class: "device", "aria-label": view.name, "data-device": view.device_id },
      h("header", { class: "device-head" }, h("div", {}, h("h3", {}, view.name), this.who), this.state),
      this.desktop.element,
      this.notice,
      this.controls(view),
      this.lines,
    );
  }

  controls(view) {
    this.power = onOff("PC", () => this.do("switch", { on: !this.view.online }));
    this.notifications = onOff("Notifications", () =>
      this.do("notifications", { on: !this.view.notifications_enabled }),
    );
    this.games = segments("Game", `game-${view.device_id}`, Object.entries(STATES), (value) =>
      this.play(value),
    );
    const pin = () => this.do("pin", { size: this.size.value, queue: this.cycle.checked });
    this.size = h(
      "select",
      { class: "field", "aria-label": "Tile size", on: { change: pin } },
      Object.entries(SIZES).map(([value, text]) => h("option", { value }, `${text} tile`)),
    );
    this.cycle = h("input", { type: "checkbox", on: { change: pin } });
    this.signOut = button("Sign out", () => this.do("sign-out"));
    this.expire = button("Expire channel", () => this.do("expire"));
    return h(
      "div",
      { class: "controls" },
      h("div", { class: "controls-row" }, this.power, this.notifications, this.size),
      h(
        "div",
        { class: "controls-row" },
        this.games,
        h("label", { class: "check" }, this.cycle, "Cycle tiles"),
      ),
      h(
        "div",
        { class: "controls-row" },
        this.signOut,
        this.expire,
        button("Remove", () => this.do("remove"), {
          class: "button quiet-button",
          "aria-label": `Remove ${view.name}`,
        }),
      ),
    );
  }

  drawNotice(view, channel) {
    const kind = !view.signed_in ? "signed out" : channel === "open" ? "" : channel;
    if (kind === this.noticeKind) return;
    this.noticeKind = kind;
    this.notice.hidden = !kind;
    if (kind === "signed out") {
      const player = h("input", {
        class: "field",
        value: view.player,
        "aria-label": "Player to sign in",
        required: true,
        pattern: "[\\x21-\\x7e]{1,64}",
      });
      const form = h(
        "form",
        { class: "notice-form" },
        player,
        h("button", { class: "button accent" }, "Sign in"),
      );
      form.addEventListener(
        "submit",
        (event) => (event.preventDefault(), this.do("sign-in", { player: player.value })),
      );
      this.notice.replaceChildren(
        h("p", {}, "Nobody is signed in: this device receives nothing."),
        form,
      );
    } else if (kind) {
      this.notice.replaceChildren(
        h(
          "p",
          {},
          `The channel is ${kind}. WNS answers 410 to the next notification, and the backend removes the channel.`,
        ),
        button("Register again", () => this.do("register"), { class: "button accent" }),
      );
    }
  }

  drawLines() {
    const lines = [...this.view.steps, ...this.heard]
      .sort((one, other) => other.at - one.at)
      .slice(0, LINES_KEPT);
    const items = lines.map((line) =>
      h("li", { class: line.ok ? "" : "bad" }, h("time", {}, clockTime(line.at)), h("span", {}, line.text)),
    );
    this.lines.replaceChildren(...items);
  }
}

/** What the game is given when something is pressed, in words; without the argument for tracking. */
function pressed(activationType, given, inputs) {
  if (activationType === "protocol") return `Windows would open ${given}`;
  const who =
    activationType === "background" ? "The game's background task receives" : "The game opens and receives";
  const answers = Object.entries(inputs).map(([id, value]) => `${id} = "${value}"`);
  const own = given.replace(/[&;]?_push=[^&;]*/, "");
  return `${who} "${own}"${answers.length ? `, with ${answers.join(", ")}` : ""}`;
}

function onOff(text, listener) {
  return h(
    "button",
    { type: "button", class: "switch", role: "switch", on: { click: listener } },
    h("span", { class: "switch-track" }),
    h("span", {}, text),
  );
}

function setSwitch(element, isOn) {
  element.setAttribute("aria-checked", String(isOn));
}
