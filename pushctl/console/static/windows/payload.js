// Access to payloads, which are {name, attributes, text, children}: no page ever parses markup.

export function all(element, name) {
  return element ? element.children.filter((child) => child.name === name) : [];
}

export function first(element, name) {
  return all(element, name)[0] ?? null;
}

export function attribute(element, name, fallback = null) {
  return element?.attributes[name] ?? fallback;
}

/** All texts below an element, in order. */
export function texts(element) {
  return element.children.flatMap((child) => (child.name === "text" ? [child.text] : texts(child)));
}

/** What relative image addresses of a binding begin with. */
export function baseOf(visual, binding) {
  return attribute(binding, "baseUri") ?? attribute(visual, "baseUri") ?? "ms-appx:///";
}
