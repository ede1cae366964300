// The toasts on the screen: newest at the bottom, removed after their time unless they need a reply.

import { play } from "./windows/sound.js";

const MOST = 3;

// The height of the taskbar, and a margin above the uppermost toast, in pixels.
const ROOM = 62;
const GAP = 8;

export class Popups {
  /** `list` holds them; `draw(toast)` makes the element of one. */
  constructor(list, draw) {
    this.list = list;
    this.draw = draw;
    this.shown = new Map();
  }

  /** `number` is that of the event it came with. */
  show(toast, number) {
    for (const [id, other] of this.shown) {
      if (id === toast.id || (toast.replaces && other.toast.replaces === toast.replaces)) this.hide(id);
    }
    const element = this.draw(toast);
    const popup = {
      toast,
      number,
      element,
      stop: toast.sound ? play(toast.sound, { loop: toast.soundLoops }) : () => {},
    };
    this.shown.set(toast.id, popup);
    this.list.append(element);
    if (!toast.stays) this.startTimer(popup);
    const passing = [...this.shown.values()].filter((one) => one !== popup);
    const isFull = () =>
      this.shown.size > MOST || heightOf(this.list.children) > this.list.parentElement.clientHeight - ROOM;
    while (passing.length && isFull()) this.hide(passing.shift().toast.id);
  }

  hide(id) {
    const popup = this.shown.get(id);
    if (!popup) return;
    clearTimeout(popup.timer);
    popup.stop();
    popup.element.remove();
    this.shown.delete(id);
  }

  clear() {
    for (const id of [...this.shown.keys()]) this.hide(id);
  }

  /** Takes away what was not in the notification centre any more after the event `cursor`. */
  keep(ids, cursor) {
    for (const [id, { number }] of this.shown) if (!ids.has(id) && number <= cursor) this.hide(id);
  }

  // The timer stops while the pointer or the focus is in the toast.
  startTimer(popup) {
    const wait = () => {
      clearTimeout(popup.timer);
      popup.timer = setTimeout(() => this.hide(popup.toast.id), popup.toast.seconds * 1000);
    };
    const hold = () => clearTimeout(popup.timer);
    for (const type of ["pointerenter", "focusin"]) popup.element.addEventListener(type, hold);
    popup.element.addEventListener(
      "pointerleave",
      () => !popup.element.contains(document.activeElement) && wait(),
    );
    popup.element.addEventListener("focusout", wait);
    wait();
  }
}

function heightOf(elements) {
  return [...elements].reduce((sum, element) => sum + element.offsetHeight + GAP, 0);
}
