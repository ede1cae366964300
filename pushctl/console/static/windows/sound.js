// Plays stand-ins for the sounds of Windows with WebAudio; browsers require a click before the first.

const LOOP_SECONDS = 25;
// Frequencies in hertz, and the time between notes in seconds.
const TUNES = {
  Default: { notes: [880, 1175], step: 0.13 },
  IM: { notes: [784, 988, 1319], step: 0.09 },
  Mail: { notes: [659, 880, 1047], step: 0.15 },
  Reminder: { notes: [740, 740, 988, 1109], step: 0.17 },
  SMS: { notes: [1319, 1047], step: 0.1 },
  Alarm: { notes: [988, 0, 988, 0, 988, 1319], step: 0.12 },
  Call: { notes: [523, 659, 784, 659, 523, 659, 784], step: 0.17 },
};

let context = null;

export function soundIsOn() {
  return context?.state === "running";
}

export async function switchSound() {
  if (soundIsOn()) await context.suspend();
  else {
    context ??= new AudioContext();
    await context.resume();
  }
  return soundIsOn();
}

/** What to call a sound: "IM", "Looping.Call2", or the file of a sound that the game brings along. */
export function soundName(source) {
  return source.startsWith("ms-winsoundevent:") ? source.split("Notification.")[1] : source.split("/").pop();
}

/** Plays a sound once, or again and again; returns what stops it. */
export function play(source, { loop = false } = {}) {
  if (!soundIsOn()) return () => {};
  const [, kind, number] = /(?:Looping\.)?([A-Za-z]+?)(\d*)$/.exec(soundName(source)) ?? [];
  const tune = TUNES[kind] ?? TUNES.Default;
  const shift = 2 ** ((Number(number || 1) - 1) / 12);
  const length = tune.notes.length * tune.step + 0.4;
  const stops = [];
  const rounds = loop ? Math.ceil(LOOP_SECONDS / length) : 1;
  for (let round = 0; round < rounds; round += 1) {
    tune.notes.forEach((frequency, index) => {
      if (frequency)
        stops.push(note(frequency * shift, context.currentTime + round * length + index * tune.step));
    });
  }
  return () => stops.forEach((stop) => stop());
}

function note(frequency, at) {
  const oscillator = new OscillatorNode(context, { frequency, type: "triangle" });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.18, at + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.38);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.4);
  return () => oscillator.stop();
}
