// The form of a message in one language: the common fields. What has none stays as it is.

import { toastFields } from "./editor_toast.js";
import { card, check, field, input, select, textarea } from "./ui.js";
import { button, h } from "./windows/dom.js";

const KINDS = { toast: "Toast", badge: "Badge", tile: "Live tile", raw: "Raw data for the game" };
const SWITCHES = { toast: "Send a toast", badge: "Send a badge", tile: "Send a tile", raw: "Send raw data" };
const STARTERS = {
  toast: { texts: ["Title", "Text"] },
  badge: { value: 1 },
  tile: { medium: { content: ["Line 1", "Line 2"] }, wide: { content: ["Line 1", "Line 2"] } },
  raw: { text: "{}" },
};
const TRACK = [
  ["", "As the app says"],
  ["yes", "Yes"],
  ["no", "No"],
];

export function messageForm(draft, hands) {
  const parts = { toast: toastFields, badge: badgeFields, tile: tileFields, raw: rawFields };
  return h(
    "div",
    { class: "stack" },
    Object.entries(KINDS).map(([kind, title]) => kindCard(draft, kind, title, parts[kind], hands)),
    optionsCard(draft),
  );
}

function kindCard(draft, kind, title, fields, hands) {
  const has = kind in draft.kinds;
  const control = h("input", { type: "checkbox", "data-kind": kind });
  control.checked = has;
  control.addEventListener("change", () => {
    if (!control.checked && Object.keys(draft.kinds).length === 1) {
      control.checked = true;
      return;
    }
    draft.change(() => {
      if (control.checked) draft.kinds[kind] = structuredClone(STARTERS[kind]);
      else delete draft.kinds[kind];
    });
    hands.redraw();
    document.querySelector(`[data-kind=${kind}]`)?.focus();
  });
  const element = card(title, has ? fields(draft, hands) : null);
  const heading = element.querySelector("h2");
  element.prepend(h("div", { class: "row between" }, heading, check(SWITCHES[kind], control)));
  element.classList.add("kind");
  return element;
}

/** A value as it is typed: a number where it is one. */
function typed(text) {
  return /^\d{1,5}$/.test(text) ? Number(text) : text;
}

function badgeFields(draft) {
  const value = input({ value: String(draft.kinds.badge.value ?? ""), name: "badge" });
  value.addEventListener("input", () => draft.change(() => (draft.kinds.badge.value = typed(value.value))));
  return field(
    "Value",
    value,
    "A number (0 clears it), ${parameter}, or a glyph: newMessage, alert, alarm, activity…",
  );
}

function tileFields(draft, hands) {
  const { tile } = draft.kinds;
  const sizes = ["medium", "wide", "large"].filter((size) => tile[size]);
  const contents = sizes.map((size) => JSON.stringify(tile[size].content ?? null));
  const isSimple =
    sizes.length > 0 &&
    new Set(contents).size === 1 &&
    (tile[sizes[0]].content ?? []).every((line) => typeof line === "string") &&
    contents[0] !== "null";
  if (!isSimple) {
    return h(
      "div",
      { class: "row" },
      h("p", { class: "quiet" }, "This tile has more than lines of text."),
      button("Edit it as JSON", hands.toJson),
    );
  }
  const lines = textarea({ rows: 4, value: tile[sizes[0]].content.join("\n"), name: "tile" });
  lines.addEventListener("input", () =>
    draft.change(() => {
      for (const size of sizes) tile[size].content = lines.value.split("\n").filter(Boolean);
    }),
  );
  return field("Lines", lines, `On the ${sizes.join(", ")} tile. Pictures and columns: as JSON.`);
}

function rawFields(draft) {
  const text = textarea({ class: "field code", rows: 4, value: draft.kinds.raw.text ?? "", name: "raw" });
  text.addEventListener("input", () => draft.change(() => (draft.kinds.raw.text = text.value)));
  return field("Text", text, "In JSON, write ${name|json}, which escapes the value.");
}

function optionsCard(draft) {
  const options = draft.content.options ?? {};
  const set = (name, value) =>
    draft.change((content) => {
      content.options = { ...content.options, [name]: value };
      if (value === "" || value === null || value === false) delete content.options[name];
      if (!Object.keys(content.options).length) delete content.options;
    });
  const ttl = input({
    type: "number",
    min: 0,
    max: 2_592_000,
    value: options.ttl_seconds ?? "",
    name: "ttl",
  });
  ttl.addEventListener("input", () => set("ttl_seconds", ttl.value === "" ? null : Number(ttl.value)));
  const tag = input({ value: options.tag ?? "", maxlength: 16, name: "tag" });
  tag.addEventListener("input", () => set("tag", tag.value));
  const skip = h("input", { type: "checkbox" });
  skip.checked = Boolean(options.skip_players_in_game);
  skip.addEventListener("change", () => set("skip_players_in_game", skip.checked));
  const given = draft.content.track;
  const track = select(TRACK, given === true ? "yes" : given === false ? "no" : "");
  track.addEventListener("change", () =>
    draft.change((content) => {
      if (track.value) content.track = track.value === "yes";
      else delete content.track;
    }),
  );
  const standard = select(
    draft.locales.map((each) => [each, each]),
    draft.content.default_locale,
  );
  standard.addEventListener("change", () =>
    draft.change((content) => (content.default_locale = standard.value)),
  );
  return card(
    "In every language",
    h(
      "div",
      { class: "fields-2" },
      field("Default language", standard, "For players whose language is missing."),
      field("Time to live, in seconds", ttl, "Empty: a day."),
      field("Tag", tag, "The next one with the same tag replaces it."),
      field("Track what players do", track),
    ),
    check("Skip players who are in the game", skip),
  );
}
