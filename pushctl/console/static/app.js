// The page: sections, the chosen app, and the view of the address. Addresses are #/section/app/….

import { get } from "./api.js";
import { appsView } from "./apps.js";
import { editorView } from "./editor.js";
import { messagesView } from "./messages.js";
import { notificationView } from "./notification.js";
import { notificationsView } from "./notifications.js";
import { appView } from "./one_app.js";
import { operationsView } from "./operations.js";
import { playersView } from "./players.js";
import { sendView } from "./send.js";
import { empty, errorBox, head } from "./ui.js";
import { h } from "./windows/dom.js";
import { knowPictures } from "./windows/pictures.js";

const SECTIONS = [
  ["apps", "Apps"],
  ["messages", "Messages"],
  ["send", "Send"],
  ["notifications", "Notifications"],
  ["players", "Players"],
  ["operations", "Operations"],
];
const WITHOUT_APP = new Set(["apps", "operations"]);
const place = (id) => document.getElementById(id);

const page = {
  stack: null,
  apps: [],
  app: "",
  /** Goes to another address, in this page. */
  go: (...segments) => (location.hash = address(...segments)),
  address,
  /** The app list, read again after one was created or deleted. */
  async readApps() {
    page.apps = (await get(["apps"])).apps;
    drawApps();
  },
  nameOf: (appId) => page.apps.find((each) => each.app_id === appId)?.name ?? appId,
};
let dispose = () => {};
let shown = 0;

function address(...segments) {
  return `#/${segments.filter(Boolean).map(encodeURIComponent).join("/")}`;
}

function view(section, appId, id) {
  if (section === "apps") return appId ? appView : appsView;
  if (section === "messages") return id ? editorView : messagesView;
  if (section === "notifications") return id ? notificationView : notificationsView;
  return { send: sendView, players: playersView, operations: operationsView }[section];
}

/** Shows the view of the address. Each gets (place, page, {app, id, query}) and may return a stopper. */
function route() {
  const [way, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [section = "apps", appId, id] = way ? way.split("/").map(decodeURIComponent) : [];
  if (appId) page.app = appId;
  else if (!page.apps.some((each) => each.app_id === page.app)) page.app = page.apps[0]?.app_id ?? "";
  dispose();
  dispose = () => {};
  shown += 1;
  drawSections(section);
  drawApps();
  const main = place("main");
  main.replaceChildren();
  const chosen = view(section, appId, id);
  if (!chosen) {
    main.append(head("Not found"), empty("The console has no such page."));
  } else if (!page.app && !WITHOUT_APP.has(section)) {
    main.append(
      head("No app yet"),
      empty("Create one first.", h("a", { class: "button accent", href: "#/apps" }, "Apps")),
    );
  } else {
    const app = WITHOUT_APP.has(section) ? appId : page.app;
    dispose = chosen(main, page, { app, id, query: new URLSearchParams(search) }) ?? dispose;
  }
  const title = SECTIONS.find(([name]) => name === section)?.[1] ?? "Push console";
  document.title = `${id ?? appId ?? ""}${id || appId ? " · " : ""}${title} · Push console`;
  if (shown > 1) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function drawSections(current) {
  place("sections").replaceChildren(
    ...SECTIONS.map(([name, text]) => {
      const href = WITHOUT_APP.has(name) ? address(name) : address(name, page.app);
      return h("a", { href, "aria-current": name === current ? "page" : null }, text);
    }),
  );
}

function drawApps() {
  const control = place("app");
  const options = page.apps.map(({ app_id: id, name }) =>
    h("option", { value: id }, name === id ? id : `${name} (${id})`),
  );
  control.replaceChildren(...(options.length ? options : [h("option", { value: "" }, "No app yet")]));
  control.disabled = !options.length;
  if (page.apps.some((each) => each.app_id === page.app)) control.value = page.app;
}

place("app").addEventListener("change", (event) => {
  const [section] = location.hash.replace(/^#\/?/, "").split(/[/?]/);
  page.app = event.target.value;
  page.go(section || "apps", section === "operations" ? "" : page.app);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  place("main").focus();
});
window.addEventListener("hashchange", route);

try {
  const [stack] = await Promise.all([get(["stack"]), page.readApps()]);
  page.stack = stack;
  place("stack").textContent = stack.is_local
    ? `${stack.name} · laptop stack`
    : `${stack.name} · ${stack.region}`;
  const stem = (name) => name.replace(/(\.[a-z0-9-]+)*$/i, "").toLowerCase();
  knowPictures(
    Object.fromEntries(stack.pictures.map((name) => [stem(name), `pictures/${encodeURIComponent(name)}`])),
  );
  route();
} catch (error) {
  place("main").replaceChildren(
    head("Push console"),
    errorBox(error, () => location.reload()),
  );
}
