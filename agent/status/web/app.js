// Follows the agent's events and keeps the page in step with them.

import { el, Part } from "./dom.js";
import { Card, trouble } from "./card.js";
import { Journal } from "./journal.js";
import { bytes, label, when, STATES } from "./words.js";

const phones = document.getElementById("phones");
const link = document.getElementById("link");
const linkText = document.getElementById("link-text");
const announce = document.getElementById("announce");
const notices = new Part(document.getElementById("notices"));
const places = document.getElementById("places");
const placesList = new Part(document.getElementById("places-list"));
const empty = el("div", { class: "empty", hidden: true });
const emptyPart = new Part(empty);
phones.append(empty);

const cards = new Map();
let picture = null;
let ahead = 0; // ms by which the agent's clock is ahead of the browser's
let heard = null; // when the agent was last heard

const now = () => Date.now() + ahead;

async function ask(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (response.status === 401) keyNeeded();
    return response.ok ? await response.json() : null;
  } catch {
    return null; // the stream tells that the agent is away
  }
}

const journal = new Journal(ask);

// show takes a whole picture.
function show(snapshot) {
  announceChanges(picture, snapshot);
  picture = snapshot;
  ahead = new Date(snapshot.now).getTime() - Date.now();
  const seen = new Set();
  let before = empty;
  for (const phone of snapshot.phones) {
    let card = cards.get(phone.udid);
    if (!card) {
      card = new Card(phone);
      cards.set(phone.udid, card);
      readRuns(card);
    }
    card.show(phone, now());
    if (before.nextElementSibling !== card.root) before.after(card.root);
    before = card.root;
    seen.add(phone.udid);
  }
  for (const [udid, card] of cards) {
    if (seen.has(udid)) continue;
    card.root.remove();
    cards.delete(udid);
  }
  showEmpty(snapshot);
  showNotices(snapshot);
  showPlaces(snapshot);
  journal.phones(snapshot.phones);
  document.title = title(snapshot.phones);
  document.getElementById("about").textContent = "Homeport " + snapshot.version + ", running since " + when(new Date(snapshot.started));
}

// title says the most urgent thing in the browser's list of tabs.
function title(list) {
  if (list.length === 0) return "Homeport";
  const { state, run } = list[0];
  if (state === "backing-up" && run && run.percent > 0) return Math.floor(run.percent) + " % · Homeport";
  if (["waiting", "failed", "overdue"].includes(state)) return STATES[state].word + " · Homeport";
  return "Homeport";
}

function announceChanges(before, after) {
  if (!before) return;
  const old = new Map(before.phones.map((p) => [p.udid, p.state + (p.trouble ? p.trouble.cause : "")]));
  const news = after.phones.filter((p) => old.get(p.udid) !== p.state + (p.trouble ? p.trouble.cause : ""));
  if (news.length) announce.textContent = news.map((p) => label(p) + ": " + p.message).join(". ");
}

function showEmpty(s) {
  empty.hidden = s.phones.length > 0;
  emptyPart.show([s.phones.length === 0, s.destinations.map((d) => d.path)], () => s.phones.length > 0 ? null : [
    el("p", { class: "age", text: "No iPhone yet" }),
    el("ol", {},
      el("li", { text: "Plug an iPhone into this computer with its cable." }),
      el("li", { text: "Unlock it, and tap Trust when it asks." }),
      el("li", { text: "Enter its passcode on the iPhone: the backup begins by itself." })),
    s.destinations.length ? el("p", { class: "quiet", text: "Backups will go to " + s.destinations[0].path }) : null,
  ]);
  empty.hidden = s.phones.length > 0;
}

// showNotices tells what is wrong with no phone in particular.
function showNotices(s) {
  const list = [];
  if (s.usbmuxd.error) list.push(s.usbmuxd.error);
  for (const d of s.destinations) if (d.error) list.push(d.error);
  notices.show(list, () => list.map(trouble));
}

function showPlaces(s) {
  places.hidden = s.destinations.length === 0;
  const list = s.destinations.map((d) => ({ ...d, free: Math.floor((d.free || 0) / 1e8) * 1e8 }));
  placesList.show(list, () => list.map((d) => el("li", {},
    el("code", { text: d.path }),
    d.total > 0 ? el("meter", { min: 0, max: d.total, value: d.total - d.free, "aria-label": "Used of the drive" }) : null,
    el("span", { text: d.there === false ? "not there now" : d.total > 0 ? bytes(d.free) + " free of " + bytes(d.total) : "" }))));
}

async function readRuns(card) {
  const query = new URLSearchParams({ phone: card.phone.udid, limit: 1000, since: new Date(now() - 91 * 86400e3).toISOString().replace(/\.\d+Z$/, "Z") });
  const answer = await ask("/v1/runs?" + query);
  if (!answer) return;
  card.runs = answer.runs;
  card.show(card.phone, now());
}

function state(name, text) {
  link.dataset.link = name;
  linkText.textContent = text;
}

let ended = false;

// keyNeeded ends everything: without a key nothing will be answered any more.
function keyNeeded() {
  ended = true;
  state("ended", "this page needs a new key");
  announce.textContent = "This page needs a new key. In a terminal, run homeport open.";
  notices.show("key", () => trouble({ message: "This page needs a new key.", remedy: ["In a terminal of this computer, run: homeport open"] }));
}

function connect() {
  const events = new EventSource("/v1/events");
  const on = (kind, act) => events.addEventListener(kind, (e) => {
    heard = new Date();
    act(JSON.parse(e.data));
  });
  events.addEventListener("open", () => {
    heard = new Date();
    state("live", "live");
  });
  events.addEventListener("error", () => {
    if (ended) return events.close();
    state("lost", "Homeport does not answer" + (heard ? "; this is from " + when(heard) : ""));
    ask("/v1/status"); // says whether it is the key
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
  });
  on("status", (s) => {
    show(s);
    journal.touch();
  });
  on("progress", (e) => {
    const card = e.phone && cards.get(e.phone.udid);
    if (!card) return;
    card.progress(e);
    document.title = title(picture.phones);
  });
  on("lost", () => cards.forEach(readRuns));
  for (const kind of ["finished", "failed", "skipped"]) on(kind, (e) => {
    const card = e.phone && cards.get(e.phone.udid);
    if (card) readRuns(card);
    journal.touch();
  });
  for (const kind of ["plugged", "unplugged", "preflight", "waiting", "verified", "note", "service"]) on(kind, () => journal.touch());
}

// Ages grow without an event.
setInterval(() => picture && cards.forEach((card) => card.show(card.phone, now())), 20000);
connect();
