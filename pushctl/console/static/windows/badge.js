// The badge on the game's icon: a number, 99+ or a glyph.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const GLYPH_WORDS = { newMessage: "new message" };

/** The badge, or null where there is none. */
export function badgeElement(value) {
  if (value === null || value === undefined) return null;
  if (/^[0-9]/.test(value))
    return h("span", { class: "badge", role: "img", "aria-label": `${value} unseen` }, value);
  const words = `Badge: ${GLYPH_WORDS[value] ?? value}`;
  return h(
    "span",
    { class: `badge badge-glyph badge-${value}`, role: "img", "aria-label": words, title: words },
    icon(`glyph-${value}`, 12),
  );
}
