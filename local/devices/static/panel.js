// The panel: adding devices and sending from the game.

import { post } from "./api.js";
import { button, h, segments } from "./windows/dom.js";

const PLAYERS = ["sam", "kim", "robin", "alex"];
const ROADS = [
  ["bus", "Event bus"],
  ["api", "Operator API"],
];
const KINDS = ["PC", "laptop", "handheld"];

/** Fill the form that adds devices; `add(player, name)` returns a promise. */
export function fillAddForm(form, add) {
  let count = 0;
  const player = h("input", {
    class: "field",
    name: "player",
    required: true,
    maxlength: 64,
    pattern: "[\\x21-\\x7e]+",
    title: "No spaces: it becomes the sub of a token",
    autocomplete: "off",
    spellcheck: "false",
  });
  const name = h("input", {
    class: "field",
    name: "name",
    required: true,
    maxlength: 40,
    autocomplete: "off",
  });
  const submit = h("button", { class: "button accent" }, "Add device");
  const suggest = () => {
    const round = Math.floor(count / PLAYERS.length);
    player.value = PLAYERS[count % PLAYERS.length];
    name.value = nameFor(player.value, round);
  };
  player.addEventListener("input", () => (name.value = nameFor(player.value, 0)));
  form.append(
    h("label", {}, "Player", player),
    h("label", {}, "Device", name),
    submit,
    h(
      "p",
      { class: "quiet" },
      "Signs in with a token of the issuer, gets a channel from Windows, registers it with the API.",
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    submit.textContent = "Registering…";
    const given = [player.value, name.value];
    if (await add(...given)) {
      count += 1;
      // Text typed meanwhile, for the next device, is kept.
      if (player.value === given[0] && name.value === given[1]) suggest();
    }
    submit.disabled = false;
    submit.textContent = "Add device";
  });
  suggest();
  return { skip: (devices) => ((count = devices), suggest()) };
}

function nameFor(player, round) {
  const owner = player ? `${player[0].toUpperCase()}${player.slice(1)}'s ` : "";
  return `${owner}${KINDS[round % KINDS.length]}`;
}

/** Fill the part that sends; `attempt(promise)` shows errors and returns the reply or null. */
export class SendPanel {
  constructor(place, game, attempt) {
    this.attempt = attempt;
    this.player = h("select", { class: "field" });
    this.road = "bus";
    const roads = segments("By way of", "road", ROADS, (road) => (this.road = road));
    roads.querySelector("input").checked = true;
    this.status = h("p", { class: "sent-status", role: "status" });
    place.append(
      h("label", { class: "to" }, "To", this.player),
      roads,
      this.status,
      h(
        "ul",
        { class: "samples" },
        game.samples.map((sample) => this.sample(sample)),
      ),
      this.own(game.examples),
    );
    this.setPlayers([]);
  }

  setPlayers(players) {
    const chosen = this.player.value;
    const options = [["", "Every player here"], ...players.map((player) => [player, player])];
    this.player.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
    if (players.includes(chosen)) this.player.value = chosen;
  }

  sample(sample) {
    const fields = sample.parameters.map((one) =>
      h(
        "label",
        {},
        one.label,
        h("input", { class: "field", name: one.name, value: one.default, autocomplete: "off" }),
      ),
    );
    const form = h("form", { class: "sample-fields" }, fields);
    const send = () => {
      const parameters = Object.fromEntries(new FormData(form));
      return this.send("/api/send", { sample: sample.id, parameters, road: this.road });
    };
    form.addEventListener("submit", (event) => (event.preventDefault(), send()));
    return h(
      "li",
      { class: "sample" },
      h(
        "div",
        { class: "sample-head" },
        h("h3", {}, sample.title),
        button("Send", send, {
          class: "button accent small",
          "aria-label": `Send: ${sample.title}`,
          "data-sample": sample.id,
        }),
      ),
      h("p", { class: "quiet" }, sample.shows),
      h("details", {}, h("summary", {}, "Change the texts"), form),
    );
  }

  own(examples) {
    const text = h("textarea", {
      class: "field code",
      rows: 9,
      spellcheck: "false",
      "aria-label": "Notification as JSON",
    });
    const choice = h(
      "select",
      { class: "field", "aria-label": "Example to start from" },
      Object.keys(examples).map((name) => h("option", { value: name }, name)),
    );
    const fill = () => (text.value = JSON.stringify(examples[choice.value], null, 2));
    choice.addEventListener("change", fill);
    fill();
    const send = () => {
      let notification;
      try {
        notification = JSON.parse(text.value);
      } catch (error) {
        return this.showStatus(`Not JSON: ${error.message}`);
      }
      return this.send("/api/send-own", { notification });
    };
    return h(
      "details",
      { class: "own" },
      h("summary", {}, "Write your own"),
      h("p", { class: "quiet" }, "See docs/notifications.md for the fields. Sent through the operator API."),
      choice,
      text,
      button("Send", send, { class: "button accent", "aria-label": "Send: your own" }),
    );
  }

  async send(path, body) {
    const answer = await this.attempt(post(path, { ...body, player: this.player.value || null }));
    if (answer) this.showStatus(`${answer.text}. Id ${answer.id}`);
  }

  showStatus(text) {
    this.status.textContent = text;
  }
}
