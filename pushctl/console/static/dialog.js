// Questions before something that cannot be undone.

import { field, form, input, newId } from "./ui.js";
import { button, h } from "./windows/dom.js";

/** Asks before something that cannot be undone; with `typed`, that text has to be typed first. */
export function confirm({ title, text, act, typed = null }) {
  return new Promise((resolve) => {
    const titleId = newId("dialog");
    const control = typed !== null && input({ required: true });
    const go = h("button", { type: "submit", class: "button danger" }, act);
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": titleId },
      form(
        () => {
          if (typed !== null && control.value !== typed) {
            control.setCustomValidity(`Type ${typed}`);
            control.reportValidity();
            return;
          }
          dialog.close("yes");
        },
        h("h2", { id: titleId }, title),
        h("p", {}, text),
        control && field(`Type ${typed} to confirm`, control),
        h(
          "div",
          { class: "row end" },
          button("Cancel", () => dialog.close()),
          go,
        ),
      ),
    );
    if (control) control.addEventListener("input", () => control.setCustomValidity(""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
