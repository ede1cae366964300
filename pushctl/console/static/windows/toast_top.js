// The top line of a toast: its app, menu, folding and closing.

import { h, when } from "./dom.js";
import { icon } from "./icons.js";
import { attribute } from "./payload.js";
import { gameLogo } from "./pictures.js";
import { actionOf } from "./toast_model.js";

export function topLine(toast, gameName, hands, press, folds) {
  const menu = h("div", { class: "menu", role: "menu", hidden: true });
  const more = h(
    "button",
    {
      type: "button",
      class: "tool",
      "aria-label": "More",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    },
    icon("more"),
  );
  const show = (shown) => {
    menu.hidden = !shown;
    more.setAttribute("aria-expanded", String(shown));
    if (shown) menu.firstElementChild.focus();
  };
  const item = (text, listener) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        class: "menu-item",
        on: { click: () => (show(false), listener()) },
      },
      text,
    );
  menu.append(
    ...toast.menu.map((action) => item(attribute(action, "content"), () => press(actionOf(action)))),
    item(`Turn off all notifications for ${gameName}`, hands.mute),
  );
  more.addEventListener("click", () => show(menu.hidden));
  menu.addEventListener("keydown", (event) => menuKey(event, menu, () => (show(false), more.focus())));
  menu.addEventListener(
    "focusout",
    (event) => !menu.contains(event.relatedTarget) && event.relatedTarget !== more && show(false),
  );
  const line = h(
    "div",
    { class: "toast-app" },
    h("img", { src: gameLogo(), alt: "", width: 16, height: 16 }),
    h("span", { class: "toast-app-name" }, gameName),
    toast.scenario === "urgent" &&
      h(
        "span",
        { class: "urgent", title: "Important: also in do not disturb" },
        icon("alert", 12),
        "Important",
      ),
    folds && h("time", { class: "toast-time" }, when(toast.arrivedAt)),
    folds && foldButton(),
    h("span", { class: "menu-place" }, more, menu),
    h(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": `Dismiss: ${toast.title}`,
        on: { click: hands.dismiss },
      },
      icon("close"),
    ),
  );
  line.addEventListener("contextmenu", (event) => (event.preventDefault(), show(true)));
  return line;
}

function menuKey(event, menu, close) {
  const items = [...menu.children];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") close();
  else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function foldButton() {
  const turn = (event) => {
    const card = event.currentTarget.closest(".toast");
    fold(card, !card.classList.contains("folded"));
  };
  return h("button", { type: "button", class: "tool fold", on: { click: turn } }, icon("down"));
}

export function fold(card, folded) {
  card.classList.toggle("folded", folded);
  const control = card.querySelector(".fold");
  control.setAttribute("aria-expanded", String(!folded));
  control.setAttribute("aria-label", folded ? "Show all of it" : "Show less");
  control.replaceChildren(icon(folded ? "down" : "up"));
}
