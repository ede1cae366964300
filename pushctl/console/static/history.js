// Earlier versions of a message: compared with the draft, and restored into it.

import { get } from "./api.js";
import { diffElement } from "./diff.js";
import { textOf } from "./draft.js";
import { button, h } from "./windows/dom.js";
import { card, empty, fill, say } from "./ui.js";
import { at } from "./words.js";

export function historyCard(draft, redraw) {
  const list = h("div", {});
  const read = () =>
    fill(
      list,
      () => get(["apps", draft.app, "templates", draft.id, "versions"]),
      ({ versions }) => {
        if (!versions.length) return empty("Versions that are saved or seen here are kept on this computer.");
        return h(
          "ul",
          { class: "versions" },
          versions.map((each) => row(each, draft, redraw)),
        );
      },
      { quietly: true },
    );
  read();
  return { element: card("Earlier versions", list), read };
}

function row(kept, draft, redraw) {
  const difference = h("div", { hidden: true });
  const compare = button(
    "Compare",
    () => {
      difference.hidden = !difference.hidden;
      compare.setAttribute("aria-expanded", String(!difference.hidden));
      difference.replaceChildren(
        diffElement(textOf(kept.content), draft.text, `From version ${kept.version} to the draft`),
      );
    },
    { class: "button small", "aria-expanded": "false", "aria-label": `Compare version ${kept.version}` },
  );
  const restore = button(
    "Restore",
    () => {
      draft.replace(structuredClone(kept.content));
      redraw();
      say(`Version ${kept.version} is in the editor. Save to store it.`);
    },
    { class: "button small", "aria-label": `Restore version ${kept.version}` },
  );
  return h(
    "li",
    {},
    h(
      "div",
      { class: "row between" },
      h("span", {}, `Version ${kept.version}, ${kept.how} ${at(kept.at)}`),
      h("span", { class: "row tight" }, compare, restore),
    ),
    difference,
  );
}
