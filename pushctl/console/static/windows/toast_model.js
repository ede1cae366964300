// The model of a toast, read from its payload.

import { all, attribute, baseOf, first } from "./payload.js";

const MOST_TEXTS = 3;
const STAYING = new Set(["reminder", "alarm", "incomingCall"]);
// "App notification content": 5 seconds, long ones 25; a toast that needs a reply stays.
const SHORT_SECONDS = 5;
const LONG_SECONDS = 25;

/** What is to be known about a toast before it is drawn. */
export function readToast(view) {
  const root = view.document;
  const visual = first(root, "visual");
  const binding = first(visual, "binding");
  const images = all(binding, "image");
  const placed = (placement) => images.find((image) => attribute(image, "placement") === placement) ?? null;
  const isLegacy = attribute(binding, "template") !== "ToastGeneric";
  const texts = all(binding, "text").filter((text) => attribute(text, "placement") !== "attribution");
  if (isLegacy) texts.sort((one, other) => attribute(one, "id", 0) - attribute(other, "id", 0));
  const actions = first(root, "actions");
  const scenario = attribute(root, "scenario", "default");
  const buttons = all(actions, "action");
  // Without a button, a reminder or an alarm is an ordinary toast.
  const hasEffect =
    buttons.length > 0 ||
    attribute(actions, "hint-systemCommands") ||
    scenario === "incomingCall" ||
    scenario === "urgent";
  return {
    id: view.message_id,
    arrivedAt: Date.parse(attribute(root, "displayTimestamp", "")) / 1000 || view.arrived_at,
    base: baseOf(visual, binding),
    scenario: hasEffect ? scenario : "default",
    stays: Boolean(hasEffect) && STAYING.has(scenario),
    seconds: attribute(root, "duration") === "long" ? LONG_SECONDS : SHORT_SECONDS,
    launch: {
      arguments: attribute(root, "launch", ""),
      activationType: attribute(root, "activationType", "foreground"),
    },
    title: texts[0]?.text ?? "",
    texts: texts.slice(0, MOST_TEXTS),
    attribution:
      all(binding, "text").find((text) => attribute(text, "placement") === "attribution")?.text ?? null,
    logo: isLegacy ? (images[0] ?? null) : placed("appLogoOverride"),
    hero: placed("hero"),
    content: binding.children.filter(
      (child) =>
        ["group", "progress", "cameraPreview"].includes(child.name) ||
        (child.name === "image" &&
          !isLegacy &&
          !["appLogoOverride", "hero"].includes(attribute(child, "placement"))),
    ),
    inputs: all(actions, "input"),
    buttons: buttons.filter((action) => attribute(action, "placement") !== "contextMenu"),
    menu: buttons.filter((action) => attribute(action, "placement") === "contextMenu"),
    hasSystemCommands: attribute(actions, "hint-systemCommands") === "SnoozeAndDismiss",
    coloursButtons: attribute(root, "useButtonStyle") === "true",
    header: first(root, "header")?.attributes ?? null,
    sound: view.audio,
    soundLoops: attribute(first(root, "audio"), "loop") === "true",
    note: view.note,
    pops: view.popup !== false,
    replaces: view.tag ? `${view.group}/${view.tag}` : null,
  };
}

/** All that a reader of the screen says when it arrives. */
export function spoken(toast) {
  return [...toast.texts.map((text) => text.text), toast.attribution].filter(Boolean).join(". ");
}

/** What is done when a button or an item of the menu is pressed. */
export function actionOf(action) {
  return {
    arguments: attribute(action, "arguments", ""),
    activationType: attribute(action, "activationType", "foreground"),
    keeps: attribute(action, "afterActivationBehavior") === "pendingUpdate",
  };
}
