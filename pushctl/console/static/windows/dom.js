// The only place that creates elements. A text, from a payload or not, only becomes a text node or
// the value of an attribute; the page's Content-Security-Policy blocks everything else.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `attributes` may hold `class`, `on` (listeners), `style` (properties) and attributes. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) set(element, key, value);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key === "on") {
    for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
  } else if (key === "style") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else if (key === "value") {
    element.value = value;
  } else {
    element.setAttribute(key, value === true ? "" : String(value));
  }
}

export function svg(paths, size = 16) {
  const image = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: size, height: size })) {
    image.setAttribute(key, value);
  }
  image.setAttribute("aria-hidden", "true");
  image.classList.add("icon");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    image.append(path);
  }
  return image;
}

export function button(text, listener, attributes = {}) {
  return h("button", { type: "button", class: "button", on: { click: listener }, ...attributes }, text);
}

/** A choice of one of `options` ([value, text]), as buttons in a row. */
export function segments(title, name, options, listener) {
  const option = ([value, text]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, value, on: { change: () => listener(value) } }),
      h("span", {}, text),
    );
  return h(
    "div",
    { class: "choice", role: "radiogroup", "aria-label": title },
    h("span", { class: "choice-title" }, title),
    h("div", { class: "segments" }, options.map(option)),
  );
}

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** Shortest text that says when: a time, and the day where it is not today's. */
export function when(seconds) {
  const date = new Date(seconds * 1000);
  const day =
    date.toDateString() === new Date().toDateString()
      ? ""
      : `${date.toLocaleDateString([], { day: "numeric", month: "short" })} `;
  return `${day}${clockTime(seconds)}`;
}
