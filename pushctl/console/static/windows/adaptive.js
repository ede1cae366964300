// Adaptive texts, images and columns, for toasts and tiles.

import { h } from "./dom.js";
import { all, attribute } from "./payload.js";
import { picture } from "./pictures.js";

/** Elements for the texts, images and groups among `children`, in order. */
export function adaptive(children, base, { wrapsByDefault = false } = {}) {
  return children.flatMap((child) => {
    if (child.name === "text") return [adaptiveText(child, wrapsByDefault)];
    if (child.name === "image") return [adaptiveImage(child, base)];
    if (child.name === "group") return [columns(child, base)];
    return [];
  });
}

export function adaptiveText(text, wrapsByDefault) {
  const style = attribute(text, "hint-style", "caption");
  const wraps =
    attribute(text, "hint-wrap") === "true" || (wrapsByDefault && attribute(text, "hint-wrap") !== "false");
  const lines = attribute(text, "hint-maxLines");
  const subtle = style.endsWith("Subtle");
  const classes = [
    "text",
    `text-${style.replace(/Subtle$/, "")}`,
    subtle && "text-subtle",
    wraps && "text-wraps",
    lines && "text-clamped",
  ];
  const css = {
    "text-align": attribute(text, "hint-align") === "auto" ? null : attribute(text, "hint-align"),
  };
  if (lines) css["-webkit-line-clamp"] = lines;
  if (attribute(text, "hint-minLines"))
    css["min-height"] = `${1.35 * Number(attribute(text, "hint-minLines"))}em`;
  const kept = Object.fromEntries(Object.entries(css).filter(([, value]) => value));
  return h(
    "p",
    { class: classes.filter(Boolean).join(" "), style: kept, lang: attribute(text, "lang") },
    text.text,
  );
}

function adaptiveImage(image, base) {
  const align = attribute(image, "hint-align", "stretch");
  const bare = attribute(image, "hint-removeMargin") === "true" ? " image-bare" : "";
  const round = attribute(image, "hint-crop") === "circle" ? " round" : "";
  return picture(image, base, `image image-${align}${bare}${round}`);
}

function columns(group, base) {
  const subgroups = all(group, "subgroup");
  const weights = weightsOf(subgroups);
  return h(
    "div",
    { class: "columns" },
    subgroups.map((subgroup, index) =>
      h(
        "div",
        {
          class: `column stack-${attribute(subgroup, "hint-textStacking", "top")}`,
          style: { flex: `${weights[index]} 1 0` },
        },
        adaptive(subgroup.children, base),
      ),
    ),
  );
}

// "Create adaptive tiles": the first column without a weight gets 50, the next what is left of 100,
// the others 1.
function weightsOf(subgroups) {
  let unweighted = 0;
  let sum = 0;
  return subgroups.map((subgroup) => {
    const given = Number(attribute(subgroup, "hint-weight"));
    let weight = given;
    if (!given) {
      unweighted += 1;
      weight = unweighted === 1 ? 50 : unweighted === 2 ? Math.max(100 - sum, 1) : 1;
    }
    sum += weight;
    return weight;
  });
}
