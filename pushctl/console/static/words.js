// Outcomes, states and times in words.

const OUTCOMES = {
  delivered: ["delivered", "good"],
  dropped: ["dropped by WNS", "warn"],
  channel_throttled: ["waiting: channel throttled", "held"],
  app_throttled: ["waiting: app throttled", "held"],
  quota_exceeded: ["quota exceeded", "bad"],
  token_rejected: ["waiting: token rejected", "held"],
  channel_gone: ["channel gone", "warn"],
  sender_blocked: ["sender blocked", "bad"],
  forbidden: ["forbidden", "bad"],
  rejected: ["rejected by WNS", "bad"],
  unavailable: ["waiting: WNS unavailable", "held"],
  expired: ["expired", "bad"],
  refused: ["refused: not WNS", "bad"],
  unknown: ["unknown", "warn"],
  cancelled: ["cancelled", "plain"],
  removed: ["removed before", "plain"],
  no_channel: ["skipped: no device", "warn"],
  in_game: ["skipped: in the game", "plain"],
};
const STATES = {
  accepted: ["accepted", "held"],
  scheduled: ["scheduled", "held"],
  broadcasting: ["finding the audience", "held"],
  dispatched: ["sending", "held"],
  completed: ["completed", "good"],
  suppressed: ["suppressed: switched off", "warn"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", "plain"],
};
export const STATE_NAMES = Object.keys(STATES);
const FINAL = new Set(["completed", "suppressed", "failed", "cancelled"]);
const STOPS = {
  quota_exceeded: "its monthly quota at WNS is used up",
  sender_blocked: "WNS has blocked this sender",
};
const VIA = { api: "the API", bus: "an event on the bus", queue: "a message on the queue" };
const UNITS = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** [words, tone] of an outcome or a skip; an unknown one as it is. */
export const outcomeWords = (name) => OUTCOMES[name] ?? [name.replaceAll("_", " "), "plain"];
export const stateWords = (name) => STATES[name] ?? [name, "plain"];
export const isFinal = (state) => FINAL.has(state);
export const stopWords = (reason) => STOPS[reason] ?? reason;
export const viaWords = (via) => VIA[via] ?? "an unknown way";

/** A time with its day and the seconds; what the reader's place calls it. */
export function at(seconds) {
  if (!seconds) return "–";
  const date = new Date(seconds * 1000);
  return `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })}`;
}

export function duration(seconds) {
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? UNITS.at(-1);
  const count = Math.max(0, Math.floor(seconds / size));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export const ago = (seconds) => {
  const passed = Date.now() / 1000 - seconds;
  return passed < 2 ? "just now" : `${duration(passed)} ago`;
};
export const count = (number, noun) => `${number.toLocaleString()} ${noun}${number === 1 ? "" : "s"}`;
