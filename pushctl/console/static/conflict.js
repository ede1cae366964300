// A version conflict: somebody else saved the message meanwhile.

import { textOf } from "./draft.js";
import { diffElement } from "./diff.js";
import { action } from "./ui.js";
import { h } from "./windows/dom.js";

/** `replace()` stores the draft in place of theirs, `take()` gives it up for theirs. */
export function conflictBox(draft, theirs, { replace, take }) {
  return h(
    "section",
    { class: "card conflict", role: "alert", "aria-label": "Version conflict" },
    h("h2", {}, `Somebody else saved version ${theirs.version} meanwhile`),
    h(
      "p",
      {},
      `You began with version ${draft.version}. Nothing was overwritten. From theirs (−) to yours (+):`,
    ),
    diffElement(textOf(theirs.content), draft.text, "From their version to yours"),
    h(
      "div",
      { class: "row" },
      action("Replace theirs with mine", replace, { class: "button accent" }),
      action("Take theirs", take),
    ),
  );
}
