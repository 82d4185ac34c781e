// How numbers, times and states are told. The same words as in the terminal.

// States of a phone: the word, the colour's name and the drawing beside it.
export const STATES = {
  "waiting": { word: "Waiting for you", tone: "warn", icon: "hand" },
  "backing-up": { word: "Backing up", tone: "busy", icon: "arrow" },
  "checking": { word: "Checking", tone: "busy", icon: "arrow" },
  "failed": { word: "Not backed up", tone: "bad", icon: "cross" },
  "overdue": { word: "Overdue", tone: "warn", icon: "clock" },
  "new": { word: "New", tone: "calm", icon: "plus" },
  "ok": { word: "Backed up", tone: "good", icon: "check" },
  "ignored": { word: "Left alone", tone: "calm", icon: "minus" },
  "away": { word: "Not plugged in", tone: "calm", icon: "minus" },
};

// How a run ended.
export const OUTCOMES = {
  "backed-up": "backed up",
  "failed": "not backed up",
  "cancelled": "cancelled",
  "interrupted": "interrupted",
  "skipped": "no backup",
};

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

// bytes tells a size in decimal units, as the terminal does: 49.8 GB.
export function bytes(n) {
  if (!Number.isFinite(n) || n < 0) return "?";
  let unit = 0;
  while (n >= 999.5 && unit < UNITS.length - 1) {
    n /= 1000;
    unit++;
  }
  const digits = unit === 0 || n >= 99.95 ? 0 : 1;
  return n.toFixed(digits) + " " + UNITS[unit];
}

// count tells a number with its noun: 1 file, 184,302 files.
export function count(n, noun) {
  return n.toLocaleString("en") + " " + noun + (n === 1 ? "" : "s");
}

// span tells seconds: 45 s, 9 min, 2 h 5 min.
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return s + " s";
  const min = Math.round(s / 60);
  if (min < 60) return min + " min";
  const h = Math.floor(min / 60);
  return min % 60 && h < 10 ? h + " h " + (min % 60) + " min" : h + " h";
}

const STEPS = [[60, "minute"], [3600, "hour"], [86400, "day"]];

// ago tells an age in one unit: just now, 2 hours ago, 3 days ago.
export function ago(seconds) {
  if (seconds < 90) return "just now";
  let [size, noun] = STEPS[0];
  for (const step of STEPS) if (seconds >= step[0] * (step[0] === 86400 ? 2 : 1.5)) [size, noun] = step;
  const n = Math.round(seconds / size);
  return n + " " + noun + (n === 1 ? "" : "s") + " ago";
}

const DAY = { weekday: "short", day: "numeric", month: "short" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };

// when tells a moment by day and clock: Sun, 22 Nov, 10:31.
export function when(date) {
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return date.toLocaleString("en-GB", { ...DAY, ...year, ...CLOCK });
}

// day tells a day: Sun, 22 Nov.
export function day(date) {
  return date.toLocaleDateString("en-GB", DAY);
}

// clock tells the time of day with seconds.
export function clock(date) {
  return date.toLocaleTimeString("en-GB", { ...CLOCK, second: "2-digit" });
}

// label is what a person calls the phone.
export function label(phone) {
  return phone.name || phone.udid;
}

// phase tells what a run does.
export function phase(run) {
  return {
    "queued": "waiting for its turn",
    "preflight": "checking",
    "cloning": "preparing",
    "connecting": "connecting",
    "waiting": "the iPhone gets its files ready",
    "passcode": "waiting for the passcode",
    "receiving": "backing up",
    "moving": "backing up",
    "finishing": "finishing",
    "verifying": "verifying",
    "publishing": "verifying",
  }[run.phase] || run.phase;
}
