// The live preview beside the editor: what the draft looks like, its size, and what is wrong with it.

import { CallError, post } from "./api.js";
import { screenOf } from "./preview.js";
import { testSend } from "./test_send.js";
import { card, errorBox, field, input, sentence } from "./ui.js";
import { h, segments } from "./windows/dom.js";

const PAUSE_MS = 120;

export function readPreview({ app, id, content, parameters }) {
  return post(["apps", app, "templates", id, "preview"], { content, parameters });
}

/** `found` is the first preview of the draft. */
export function previewPanel(draft, gameName, found) {
  const screens = h("div", { class: "screens" });
  const sizes = h("ul", { class: "sizes", "aria-label": "Sizes" });
  const remarks = h("div", { class: "remarks", "aria-live": "polite" });
  const samples = h("div", { class: "samples" });
  const test = testSend(draft);
  let scope = "one";
  let timer = 0;
  let newest = 0;

  const draw = () => {
    const locales = scope === "all" ? draft.locales : [draft.locale];
    screens.replaceChildren(
      ...locales.map((locale) =>
        h(
          "figure",
          { lang: locale, "data-locale": locale },
          h("figcaption", {}, locale),
          screenOf(
            found.kinds.filter((each) => each.locale === locale),
            gameName,
          ),
        ),
      ),
    );
    const shown = found.kinds.filter((each) => locales.includes(each.locale));
    sizes.replaceChildren(...shown.map((each) => sizeRow(each, found.max_bytes, scope === "all")));
    remarks.replaceChildren(...remarksOf(found));
    drawSamples();
  };
  const drawSamples = () => {
    const names = [...samples.querySelectorAll("input")].map((each) => each.name);
    if (names.join() === found.placeholders.join() && samples.childElementCount) return;
    const fields = found.placeholders.map((name) => {
      const control = input({ name, value: draft.parameters[name] ?? "", maxlength: 400 });
      control.addEventListener("input", () => {
        if (control.value) draft.parameters[name] = control.value;
        else delete draft.parameters[name];
        refresh();
      });
      return field(name, control);
    });
    samples.replaceChildren(
      ...(fields.length
        ? fields
        : [h("p", { class: "quiet" }, "No parameters: write ${name} in a text to have one.")]),
    );
  };
  const request = async () => {
    newest += 1;
    const number = newest;
    try {
      const reply = await readPreview(draft);
      if (number !== newest) return;
      found = reply;
      draw();
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (number === newest) remarks.replaceChildren(errorBox(error, request));
    }
  };
  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(request, PAUSE_MS);
  };
  const choice = segments(
    "Show",
    "scope",
    [
      ["one", "This language"],
      ["all", "All languages"],
    ],
    (value) => {
      scope = value;
      draw();
    },
  );
  choice.querySelector("input").checked = true;
  const element = h(
    "div",
    { class: "preview stack" },
    card("On Windows 11", choice, screens, sizes, remarks),
    card("Sample parameters", samples),
    card("Send to a test player", test.element),
  );
  draw();
  return { element, refresh, stop: () => (clearTimeout(timer), (newest += 1), test.stop()) };
}

function sizeRow({ locale, kind, bytes, error }, most, namesLocale) {
  const name = namesLocale ? `${locale} ${kind}` : kind;
  if (error) return h("li", { class: "bad" }, h("b", {}, name), h("span", {}, sentence(error)));
  const share = Math.min(100, (bytes / most) * 100);
  return h(
    "li",
    {},
    h("b", {}, name),
    h(
      "span",
      { class: "meter", "aria-hidden": "true" },
      h("span", { class: share > 90 ? "meter-fill full" : "meter-fill", style: { width: `${share}%` } }),
    ),
    h("span", { class: "meter-words" }, `${bytes.toLocaleString()} of ${most.toLocaleString()} bytes`),
  );
}

function remarksOf({ missing, gaps, problems }) {
  const lines = [
    ...problems.map(({ field: where, message }) => ["bad", `${where}: ${message}`]),
    ...(missing.length
      ? [["warn", `No sample for ${missing.join(", ")}: shown by name. A request has to give each.`]]
      : []),
    ...gaps.map((gap) => ["warn", gap]),
  ];
  if (!lines.length) return [h("p", { class: "remark good" }, "Every language is valid and complete.")];
  return lines.map(([tone, text]) => h("p", { class: `remark ${tone}` }, sentence(text)));
}
