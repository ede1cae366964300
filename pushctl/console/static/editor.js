// The editor of a message: its languages, a form or JSON, beside a live preview.

import { confirm } from "./dialog.js";
import { CallError, get, put, remove } from "./api.js";
import { conflictBox } from "./conflict.js";
import { Draft, textOf } from "./draft.js";
import { messageForm } from "./editor_form.js";
import { historyCard } from "./history.js";
import { languageBar } from "./languages.js";
import { previewPanel, readPreview } from "./preview_panel.js";
import {
  action,
  attempt,
  card,
  errorBox,
  head,
  loading,
  onOff,
  pill,
  say,
  sentence,
  showProblem,
  textarea,
} from "./ui.js";
import { h, segments } from "./windows/dom.js";

export function editorView(place, page, { app, id, query }) {
  const editor = { preview: null, isOpen: true };
  place.append(loading());
  open(app, id, query.has("new")).then(
    ({ draft, isKept, shown }) => {
      if (!editor.isOpen) return;
      place.replaceChildren();
      editor.preview = build(place, page, draft, shown);
      if (isKept) say("Your unsaved changes are still here.");
    },
    (error) => {
      if (!(error instanceof CallError)) throw error;
      place.replaceChildren(head(id), errorBox(error));
    },
  );
  return () => {
    editor.isOpen = false;
    editor.preview?.stop();
  };
}

/** The draft and its first preview, so that the page is drawn once. */
async function open(app, id, mayBeNew) {
  const kept = Draft.kept(app, id);
  kept?.listeners.clear();
  const draft = kept ?? new Draft(app, id, await stored(app, id, mayBeNew));
  return { draft, isKept: Boolean(kept), shown: await readPreview(draft) };
}

async function stored(app, id, mayBeNew) {
  try {
    return await get(["apps", app, "templates", id]);
  } catch (error) {
    if (mayBeNew && error.status === 404) return null;
    throw error;
  }
}

function build(place, page, draft, shown) {
  const state = h("span", { class: "save-state", role: "status" });
  const conflict = h("div", {});
  const fields = h("div", { class: "stack" });
  const history = historyCard(draft, () => redraw());
  const preview = previewPanel(draft, page.nameOf(draft.app), shown);
  let mode = "form";

  const save = async () => {
    try {
      await store(draft, draft.version);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.status !== 409) return showProblem([error.message, ...error.details].map(sentence).join(" "));
      const theirs = await attempt(get(["apps", draft.app, "templates", draft.id]));
      if (theirs)
        conflict.replaceChildren(
          conflictBox(draft, theirs, { replace: () => replace(theirs), take: () => take(theirs) }),
        );
      return undefined;
    }
    say(`Version ${draft.version} is saved.`);
    conflict.replaceChildren();
    draft.tell();
    history.read();
    return undefined;
  };
  const replace = (theirs) => {
    draft.version = theirs.version;
    return save();
  };
  const take = (theirs) => {
    draft.take(theirs);
    conflict.replaceChildren();
    redraw();
    history.read();
  };
  const redraw = () => {
    languages.draw();
    const make = mode === "form" ? messageForm : jsonEditor;
    fields.replaceChildren(make(draft, { toJson: () => switchTo("json"), redraw }));
    draft.tell();
  };
  const languages = languageBar(draft, redraw);
  const modes = segments(
    "Edit as",
    "mode",
    [
      ["form", "Form"],
      ["json", "JSON"],
    ],
    (value) => {
      mode = value;
      redraw();
    },
  );
  const switchTo = (value) => {
    modes.querySelector(`[value=${value}]`).checked = true;
    mode = value;
    redraw();
  };
  const drawState = () => {
    const version = draft.version ? `Version ${draft.version}` : "New";
    state.replaceChildren(version, draft.isChanged ? pill("unsaved changes", "warn") : pill("saved", "good"));
    pushSwitch.setAttribute("aria-checked", String(draft.content.push_enabled ?? true));
  };
  const pushSwitch = onOff("Send as push", draft.content.push_enabled ?? true, (on) => {
    draft.change((content) => (content.push_enabled = on));
    return true;
  });
  draft.listeners.add(drawState);
  draft.listeners.add(preview.refresh);
  place.append(
    head(
      draft.id,
      `Message of ${page.nameOf(draft.app)}`,
      h("span", { class: "row" }, h("span", {}, "Send as push"), pushSwitch),
      action("Save", save, { class: "button accent", id: "save" }),
    ),
    h("div", { class: "row between editor-bar" }, state, modes),
    conflict,
    languages.element,
    h("div", { class: "editor" }, fields, preview.element),
    history.element,
    card(
      "Delete",
      h("p", { class: "quiet" }, "Requests that name it fail from then on."),
      action("Delete the message", () => erase(page, draft), { class: "button danger" }),
    ),
  );
  modes.querySelector("input").checked = true;
  redraw();
  return preview;
}

async function store(draft, version) {
  draft.take(await put(["apps", draft.app, "templates", draft.id], { version, content: draft.content }));
}

async function erase(page, draft) {
  const text = "Requests and events that name it go to the dead-letter queue from then on.";
  if (!(await confirm({ title: `Delete ${draft.id}?`, text, act: "Delete", typed: draft.id }))) return;
  if (draft.version && (await attempt(remove(["apps", draft.app, "templates", draft.id]))) === undefined)
    return;
  draft.take({ version: 0, content: draft.content });
  say(`${draft.id} is deleted.`);
  page.go("messages", draft.app);
}

/** All of a message as JSON. While it is none, or no message, the preview keeps the last valid one. */
function jsonEditor(draft) {
  const fault = h("p", { class: "hint fault", role: "status" });
  const area = textarea({
    class: "field code json",
    rows: 30,
    "aria-label": "Message as JSON",
    value: textOf(draft.content),
  });
  area.addEventListener("input", () => {
    try {
      const content = JSON.parse(area.value);
      if (
        !content ||
        typeof content.locales !== "object" ||
        !content.locales ||
        !Object.keys(content.locales).length
      )
        throw new SyntaxError("locales needs a language");
      fault.textContent = "";
      draft.replace(content);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      fault.textContent = `Not applied: ${error.message}`;
    }
  });
  return card(
    "All of it, as JSON",
    h("p", { class: "quiet" }, "Every field of docs/notifications.md, in every language."),
    area,
    fault,
  );
}
