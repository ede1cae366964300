// The source of a payload, indented to be read. XML is not parsed: whatever is sent is shown.

const STEP = "  ";
const TAG = /<(?:"[^"]*"|'[^']*'|[^"'>])*>/g;

/** A payload, an element a line where it is XML and a field a line where it is JSON. */
export function indented(payload) {
  const text = payload.trim();
  if (text.startsWith("<")) return indentXml(text) ?? payload;
  if (!/^[{[]/.test(text)) return payload;
  try {
    return JSON.stringify(JSON.parse(text), null, STEP);
  } catch {
    return payload;
  }
}

// An element that holds only text stays in one line. Text beside elements keeps its spaces.
function indentXml(text) {
  const lines = [];
  let depth = 0;
  let end = 0;
  let isOpen = false;
  for (const { 0: tag, index } of text.matchAll(TAG)) {
    const between = text.slice(end, index);
    end = index + tag.length;
    if (tag.startsWith("</")) {
      depth -= 1;
      if (depth < 0) return null;
      if (isOpen) lines.push(lines.pop() + between + tag);
      else lines.push(...words(between, depth + 1), STEP.repeat(depth) + tag);
      isOpen = false;
      continue;
    }
    lines.push(...words(between, depth), STEP.repeat(depth) + tag);
    isOpen = !/^<[?!]|\/>$/.test(tag);
    if (isOpen) depth += 1;
  }
  return depth === 0 && text.slice(end).trim() === "" ? lines.join("\n") : null;
}

function words(between, depth) {
  return between.trim() ? [STEP.repeat(depth) + between] : [];
}
