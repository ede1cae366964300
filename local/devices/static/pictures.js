// Pictures of payloads. Only those of the game's own package are shown, from this page's art: fetching
// any other would let the author of a payload make this browser contact a server of their choice.
// The alternative text is shown instead.

import { h } from "./dom.js";
import { icon } from "./icons.js";

let known = new Set();

export function knowArt(names) {
  known = new Set(names);
}

/** Return the address of the bundled art for a picture's address, or null. */
export function bundled(source, base = "ms-appx:///") {
  let address;
  try {
    address = new URL(source, base);
  } catch {
    return null;
  }
  if (!/^ms-appx(-web)?:$/.test(address.protocol)) return null;
  const stem = address.pathname
    .split("/")
    .pop()
    .replace(/(\.[a-z0-9-]+)*$/i, "")
    .toLowerCase();
  return known.has(stem) ? `/static/art/${stem}.svg` : null;
}

/** Return the picture or its alternative text; null for an empty address. */
export function picture(image, base, className) {
  const source = image.attributes.src;
  if (!source) return null;
  const alt = image.attributes.alt ?? "";
  const address = bundled(source, base);
  if (address) return h("img", { src: address, alt, class: className, draggable: "false" });
  const words = alt || source.split(/[?#]/)[0].split("/").pop() || "Picture";
  const why = `${source} is not fetched: this page loads nothing from elsewhere`;
  return h(
    "span",
    {
      class: `${className} no-picture`,
      role: "img",
      "aria-label": `Picture, not fetched: ${words}`,
      title: why,
    },
    icon("picture", 20),
    h("span", { class: "no-picture-words" }, words),
    h("span", { class: "no-picture-why" }, "not fetched"),
  );
}
