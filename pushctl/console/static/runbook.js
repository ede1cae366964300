// The runbook's text: paragraphs, numbered steps and code, of the little Markdown that it has.

import { h } from "./windows/dom.js";

export function runbookText(markdown) {
  const blocks = markdown.split(/\n{2,}/);
  return h("div", { class: "runbook" }, blocks.map(block));
}

function block(text) {
  if (text.startsWith("```"))
    return h(
      "pre",
      { class: "code", tabindex: "0", "aria-label": "To paste" },
      text.replace(/^```\w*\n?|\n?```$/g, ""),
    );
  if (/^\d+\. /.test(text))
    return h(
      "ol",
      { class: "steps" },
      text.split(/\n(?=\d+\. )/).map((each) => h("li", {}, inline(each.replace(/^\d+\. /, "")))),
    );
  return h("p", {}, inline(text));
}

function inline(text) {
  return text
    .replace(/\s*\n\s*/g, " ")
    .split(/(`[^`]+`)/)
    .map((part) => (part.startsWith("`") ? h("code", {}, part.slice(1, -1)) : part));
}
