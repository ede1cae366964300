// The differences of two texts, line by line.

import { h } from "./windows/dom.js";

const CONTEXT = 2;

/** Lines as [mark, text], mark being " ", "-" or "+": what leads from one text to the other. */
export function diff(before, after) {
  const [one, other] = [before.split("\n"), after.split("\n")];
  // Length of the longest common subsequence of what follows line i of one and j of the other.
  const common = Array.from({ length: one.length + 1 }, () => new Uint32Array(other.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      common[i][j] =
        one[i] === other[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    if (i < one.length && j < other.length && one[i] === other[j]) lines.push([" ", one[((j += 1), i++)]]);
    else if (i < one.length && (j === other.length || common[i + 1][j] >= common[i][j + 1]))
      lines.push(["-", one[i++]]);
    else lines.push(["+", other[j++]]);
  }
  return lines;
}

const NAMES = { "-": "removed", "+": "added" };

/** The changed lines with some around them. */
export function diffElement(before, after, label) {
  const lines = diff(before, after);
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([mark]) => mark !== " "),
  );
  const shown = lines.filter((_, index) => near[index]);
  if (!shown.length) return h("p", { class: "quiet" }, "There is no difference.");
  return h(
    "div",
    { class: "diff code", role: "region", "aria-label": label, tabindex: "0" },
    shown.map(([mark, text]) =>
      h(
        mark === "-" ? "del" : mark === "+" ? "ins" : "span",
        {},
        h("span", { class: "unseen" }, NAMES[mark] ?? ""),
        `${mark} ${text}`,
      ),
    ),
  );
}
