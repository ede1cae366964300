// A live tile as Windows 10 shows it, from its payload.

import { adaptive } from "./adaptive.js";
import { h } from "./dom.js";
import { all, attribute, baseOf, first, texts } from "./payload.js";
import { gameLogo, picture } from "./pictures.js";

export const SIZES = { small: "Small", medium: "Medium", wide: "Wide", large: "Large" };
const ADAPTIVE = { small: "TileSmall", medium: "TileMedium", wide: "TileWide", large: "TileLarge" };
// The Windows 8 catalogue names its sizes, except the medium and wide ones of its first version.
const LEGACY = {
  small: /^TileSquare71x71/,
  medium: /^TileSquare(150x150|(?!71x71|310x310))/,
  wide: /^TileWide/,
  large: /^TileSquare310x310/,
};
const OVERLAY = 20;

/** The tile in its size, showing `view`; without one, or without a binding for the size, its logo. */
export function tileElement(view, size, gameName, badge) {
  const visual = view && first(view.document, "visual");
  const binding = visual && bindingFor(visual, size);
  const name = attribute(binding, "displayName") ?? attribute(visual, "displayName") ?? gameName;
  const branding =
    attribute(binding, "branding") ?? attribute(visual, "branding") ?? (binding ? "name" : "nameAndLogo");
  const face = binding
    ? content(visual, binding)
    : [h("img", { src: gameLogo(), alt: "", class: "tile-logo" })];
  const words = binding ? texts(binding).filter(Boolean).join(", ") : "no notification";
  return h(
    "div",
    {
      class: `tile tile-${size}${binding ? "" : " tile-plain"}`,
      role: "img",
      "aria-label": `Live tile of ${name}: ${words}`,
    },
    face,
    size !== "small" && /name/i.test(branding) && h("span", { class: "tile-name" }, name),
    /logo/i.test(branding) &&
      binding &&
      h("img", { src: gameLogo(), alt: "", class: "tile-mark" }),
    badge,
  );
}

function bindingFor(visual, size) {
  const bindings = all(visual, "binding");
  const named = (test) =>
    bindings.find((one) => test(attribute(one, "template"))) ??
    bindings.find((one) => test(attribute(one, "fallback", "")));
  return named((name) => name === ADAPTIVE[size]) ?? named((name) => LEGACY[size].test(name)) ?? null;
}

function content(visual, binding) {
  const base = baseOf(visual, binding);
  if (!attribute(binding, "template").match(/^Tile(Small|Medium|Wide|Large)$/)) return legacy(binding, base);
  const placed = (placement) =>
    all(binding, "image").find((image) => attribute(image, "placement") === placement);
  const inFlow = binding.children.filter(
    (child) => !["background", "peek"].includes(attribute(child, "placement")),
  );
  const stacking = attribute(binding, "hint-textStacking", "top");
  const presentation = attribute(binding, "hint-presentation", "plain");
  return [
    behind(placed("background"), binding, base, "tile-background"),
    h(
      "div",
      { class: `tile-content stack-${stacking} presentation-${presentation}` },
      adaptive(inFlow, base),
    ),
    behind(placed("peek"), binding, base, "tile-peek"),
  ];
}

function behind(image, binding, base, className) {
  if (!image) return null;
  const given = attribute(image, "hint-overlay") ?? attribute(binding, "hint-overlay");
  const overlay = given ?? (className === "tile-background" ? OVERLAY : 0);
  const round = attribute(image, "hint-crop") === "circle" ? " round" : "";
  const shade = h("span", { class: "tile-shade", style: { opacity: String(Number(overlay) / 100) } });
  return h("span", { class: className }, picture(image, base, `tile-picture${round}`), shade);
}

function legacy(binding, base) {
  const template = attribute(binding, "template");
  const byId = (one, other) => attribute(one, "id", 0) - attribute(other, "id", 0);
  const lines = all(binding, "text").sort(byId);
  const images = all(binding, "image").sort(byId);
  const hasHeading = !/Text0?4$|ImageAndText01$/.test(template) && lines.length > 1;
  const words = lines.map((text, index) =>
    h(
      "p",
      {
        class: `text text-wraps ${index === 0 && hasHeading ? "text-base" : "text-caption"}`,
        lang: attribute(text, "lang"),
      },
      text.text,
    ),
  );
  const [image] = images;
  if (/Block/.test(template)) return [h("div", { class: "tile-content tile-block" }, words)];
  if (image && /Peek/.test(template)) {
    return [
      h("div", { class: "tile-content" }, words),
      h("span", { class: "tile-peek" }, picture(image, base, "tile-picture")),
    ];
  }
  if (image && /Image$|Collection$/.test(template))
    return [h("span", { class: "tile-background" }, picture(image, base, "tile-picture"))];
  return [
    h(
      "div",
      { class: `tile-content${image ? " tile-beside" : ""}` },
      image && picture(image, base, "image"),
      h("div", {}, words),
    ),
  ];
}
