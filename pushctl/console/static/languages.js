// The languages of a message: which one is edited and shown, adding and removing one.

import { action, input, say } from "./ui.js";
import { h } from "./windows/dom.js";

const TAG = "[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}";

/** `changed()` is called when another language is chosen, or there are others. */
export function languageBar(draft, changed) {
  const tabs = h("div", { class: "tabs", role: "radiogroup", "aria-label": "Language" });
  const tag = input({
    pattern: TAG,
    maxlength: 30,
    size: 8,
    "aria-label": "Language to add, such as de or pt-BR",
    placeholder: "de, pt-BR",
    name: "language",
  });
  const add = () => {
    const locale = tag.value.trim();
    if (!new RegExp(`^${TAG}$`).test(locale)) {
      say("Give a language tag such as de or pt-BR.");
      tag.focus();
      return;
    }
    if (!(locale in draft.content.locales)) {
      const copy = structuredClone(draft.kinds);
      draft.change((content) => (content.locales[locale] = copy));
    }
    draft.locale = locale;
    tag.value = "";
    changed();
  };
  tag.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), add()));
  const removal = action(
    "Remove this language",
    () => {
      const removed = draft.locale;
      draft.change((content) => {
        delete content.locales[removed];
        if (content.default_locale === removed) [content.default_locale] = Object.keys(content.locales);
      });
      say(`${removed} is removed from the draft.`);
      changed();
    },
    { class: "button quiet-button" },
  );
  const element = h(
    "div",
    { class: "languages" },
    tabs,
    h("div", { class: "row tight" }, tag, action("Add language", add), removal),
  );
  const draw = () => {
    const focused = tabs.contains(document.activeElement);
    tabs.replaceChildren(...draft.locales.map((locale) => tab(draft, locale, changed)));
    removal.hidden = draft.locales.length < 2;
    if (focused) tabs.querySelector("input:checked")?.focus();
  };
  return { element, draw };
}

function tab(draft, locale, changed) {
  const control = h("input", { type: "radio", name: "locale", value: locale });
  control.checked = locale === draft.locale;
  control.addEventListener("change", () => {
    draft.locale = locale;
    changed();
  });
  const isDefault = locale === draft.content.default_locale;
  return h("label", {}, control, h("span", {}, locale, isDefault && h("small", {}, " default")));
}
