// The message that is being edited: content, the version it began with, language, samples.

/** Drafts with unsaved changes, kept while the page is open: going elsewhere loses nothing. */
const unsaved = new Map();

const STARTER = { default_locale: "en", locales: { en: { toast: { texts: ["Title", "Text"] } } } };

export class Draft {
  static key(app, id) {
    return `${app}/${id}`;
  }

  /** The unsaved draft of a message, or null. */
  static kept(app, id) {
    return unsaved.get(Draft.key(app, id)) ?? null;
  }

  constructor(app, id, message) {
    this.app = app;
    this.id = id;
    this.parameters = {};
    this.listeners = new Set();
    this.take(message ?? { version: 0, content: STARTER });
    this.locale =
      this.content.default_locale in this.content.locales ? this.content.default_locale : this.locales[0];
  }

  /** Begins anew with a stored version; `content` replaces what that holds. */
  take({ version, content }) {
    this.version = version;
    this.content = structuredClone(content);
    this.saved = version ? textOf(content) : "";
    if (!(this.locale in this.content.locales)) [this.locale] = this.locales;
    unsaved.delete(Draft.key(this.app, this.id));
  }

  get locales() {
    return Object.keys(this.content.locales);
  }

  /** The notifications of the chosen language, by kind. */
  get kinds() {
    return this.content.locales[this.locale];
  }

  get isChanged() {
    return textOf(this.content) !== this.saved;
  }

  get text() {
    return textOf(this.content);
  }

  /** Changes the content by `edit(content)`; whoever listens is told. */
  change(edit) {
    edit(this.content);
    this.replace(this.content);
  }

  replace(content) {
    this.content = content;
    if (!(this.locale in content.locales)) [this.locale] = this.locales;
    if (this.isChanged) unsaved.set(Draft.key(this.app, this.id), this);
    else unsaved.delete(Draft.key(this.app, this.id));
    this.tell();
  }

  tell() {
    this.listeners.forEach((listener) => listener());
  }
}

export function textOf(content) {
  return JSON.stringify(content, null, 2);
}

window.addEventListener("beforeunload", (event) => unsaved.size && event.preventDefault());
