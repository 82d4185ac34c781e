// How numbers, times and states are told. The same words as in the terminal, which a
// test holds them to.

// States of a phone: the word, the colour's name and the drawing beside it.
const STATES = {
  "waiting": { word: "Waiting for you", tone: "warn", icon: "hand" },
  "backing-up": { word: "Backing up", tone: "busy", icon: "arrow" },
  "checking": { word: "Checking", tone: "busy", icon: "arrow" },
  "failed": { word: "Not backed up", tone: "bad", icon: "cross" },
  "overdue": { word: "Overdue", tone: "warn", icon: "clock" },
  "new": { word: "No backup yet", tone: "calm", icon: "plus" },
  "ok": { word: "Backed up", tone: "good", icon: "check" },
  "ignored": { word: "Left alone", tone: "calm", icon: "minus" },
};

// standing is how a phone is shown: one that is away is as good as its last backup.
export function standing(phone) {
  if (phone.state !== "away") return STATES[phone.state] || STATES.ignored;
  return phone.lastGood ? STATES.ok : STATES.new;
}

// How a run ended.
export const OUTCOMES = {
  "backed-up": "backed up",
  "failed": "not backed up",
  "cancelled": "cancelled",
  "interrupted": "interrupted",
  "skipped": "not now",
};

const tenth = (n) => n.toFixed(1).replace(/\.0$/, "");

// scaled divides by 1000 until the number is short, and names the unit.
function scaled(n, units) {
  let unit = -1;
  do {
    n /= 1000;
    unit++;
  } while (n >= 999.95 && unit < units.length - 1);
  return tenth(n) + " " + units[unit];
}

// bytes tells a size in decimal units, as drives are labelled: 49.8 GB.
export function bytes(n) {
  if (!Number.isFinite(n) || n < 0) return "?";
  return n < 1000 ? Math.trunc(n) + " bytes" : scaled(n, ["kB", "MB", "GB", "TB", "PB", "EB"]);
}

// link tells how a phone is connected: USB 2 (480 Mbit/s).
export function link(speed) {
  if (!(speed > 0)) return "";
  return "USB " + (speed >= 5e9 ? 3 : speed >= 48e7 ? 2 : 1) + " (" + scaled(speed, ["kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]) + ")";
}

// count tells a number with its noun: 1 file, 184,302 files.
export function count(n, noun) {
  return n.toLocaleString("en") + " " + noun + (n === 1 ? "" : "s");
}

const pair = (a, unitA, b, unitB) => a + " " + unitA + (b ? " " + b + " " + unitB : "");

// span tells seconds with their two largest units: 2.3 s, 16 min 38 s, 2 d 4 h.
export function span(seconds) {
  const s = Math.max(0, seconds);
  if (s < 10) return tenth(s) + " s";
  const n = Math.round(s);
  if (n < 60) return n + " s";
  if (n < 3600) return pair(Math.floor(n / 60), "min", n % 60, "s");
  if (n < 86400) return pair(Math.floor(n / 3600), "h", Math.floor(n % 3600 / 60), "min");
  return pair(Math.floor(n / 86400), "d", Math.floor(n % 86400 / 3600), "h");
}

// left rounds a time left to what it is worth.
export function left(seconds) {
  return span(seconds < 90 ? Math.max(1, Math.trunc(seconds)) : Math.trunc(seconds / 60 + 0.5) * 60);
}

// SLACK is by how many seconds clocks may differ without a word.
export const SLACK = 300;

// ago tells an age in one unit: a moment ago, 2 hours ago, 3 days ago. A time that lies
// ahead by more than a little has no age: "".
export function ago(seconds) {
  if (seconds < -SLACK) return "";
  if (seconds < 60) return "a moment ago";
  const [size, noun] = seconds < 3600 ? [60, "minute"] : seconds < 48 * 3600 ? [3600, "hour"] : [86400, "day"];
  return count(Math.floor(seconds / size), noun) + " ago";
}

// part formats one piece of a date; the whole is put together here, because browsers
// differ in the commas between.
const part = (date, options) => date.toLocaleString("en-GB", options).replace("Sept", "Sep");

// day tells a day: Sun 22 Nov; one of another year with the year.
export function day(date) {
  const year = date.getFullYear() === new Date().getFullYear() ? "" : " " + date.getFullYear();
  return part(date, { weekday: "short" }) + " " + date.getDate() + " " + month(date) + year;
}

// month is its short name.
export function month(date) {
  return part(date, { month: "short" });
}

const two = (n) => String(n).padStart(2, "0");

// minute tells the time of day: 10:31.
export function minute(date) {
  return two(date.getHours()) + ":" + two(date.getMinutes());
}

// clock tells it with seconds.
export function clock(date) {
  return minute(date) + ":" + two(date.getSeconds());
}

// when tells a moment by day and clock: Sun 22 Nov 10:31.
export function when(date) {
  return day(date) + " " + minute(date);
}

// upper begins a sentence.
export function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// label is what a person calls the phone. A name that nobody can see is none.
export function label(phone) {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(phone.name || "") ? phone.name : phone.udid;
}

// facts are what a phone is and how it is connected.
export function facts(phone) {
  return [phone.model, phone.iosVersion && "iOS " + phone.iosVersion, link(phone.speedBitsPerSecond)].filter(Boolean);
}

// phase tells what a run does.
export function phase(run) {
  return {
    "queued": "waiting for its turn",
    "preflight": "checking",
    "connecting": "starting",
    "waiting": "the iPhone gets its files ready",
    "passcode": "waiting for the passcode",
    "receiving": "backing up",
    "moving": "backing up",
    "finishing": "finishing",
  }[run.phase] || run.phase;
}

// glance answers for all phones in one sentence: who needs somebody, and how many are
// well. tone is that of the worst.
export function glance(phones) {
  const groups = [
    ["warn", "is waiting for you", "are waiting for you", (p) => p.state === "waiting"],
    ["bad", "is not backed up", "are not backed up", (p) => p.state === "failed"],
    ["warn", "is overdue", "are overdue", (p) => p.state === "overdue"],
    ["busy", "is being backed up", "are being backed up", (p) => p.state === "backing-up" || p.state === "checking"],
    ["calm", "has no backup yet", "have no backup yet", (p) => standing(p) === STATES.new],
  ];
  const parts = [];
  let tone = "";
  for (const [color, one, many, fits] of groups) {
    const list = phones.filter(fits);
    if (!list.length) continue;
    const who = list.length === 1 ? short(label(list[0])) : list.length + " iPhones";
    parts.push(who + " " + (list.length === 1 ? one : many));
    if (!tone || color === "bad") tone = color;
  }
  const well = phones.filter((p) => standing(p) === STATES.ok).length;
  if (well) parts.push(parts.length ? well + (well === 1 ? " is" : " are") + " backed up" : well === 1 ? "1 iPhone is backed up" : "all " + well + " iPhones are backed up");
  return { tone: tone || (well ? "good" : "calm"), text: parts.length ? upper(parts.join("; ")) + "." : "" };
}

// short cuts a name that would fill a line.
export function short(name) {
  const letters = [...name];
  return letters.length > 30 ? letters.slice(0, 29).join("") + "…" : name;
}
