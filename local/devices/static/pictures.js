// Which pictures of a payload are shown. Only those of the game's own package are, from the art that
// comes with this page: to fetch any other would tell a stranger's server of this browser, at the
// wish of whoever wrote the payload. In its place stands what a reader of the screen would hear.

import { h } from "./dom.js";
import { icon } from "./icons.js";

let known = new Set();

export function knowArt(names) {
  known = new Set(names);
}

/** Address of the bundled art that a picture's address stands for, or null. */
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

/** The picture, or what stands in for it; `null` for an empty address. */
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
