// Pictures of payloads. Only those of the game's own package are shown, if this page has them: fetching
// any other would let the author of a payload make this browser contact a server of their choice.
// The alternative text is shown instead.

import { h } from "./dom.js";
import { icon } from "./icons.js";

let known = new Map();
let logo = new URL("logo.svg", import.meta.url).href;

/**
 * Tell which pictures of the package this page has: addresses by the stem of their file's name. `logo`
 * among them is the game's.
 */
export function knowPictures(addresses) {
  known = new Map(Object.entries(addresses));
  logo = known.get("logo") ?? logo;
}

/** Return the address of the game's logo; before any is known, that of a neutral one. */
export function gameLogo() {
  return logo;
}

/** Return this page's address for a picture's address, or null. */
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
  return known.get(stem) ?? null;
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
