// Follows the agent's events and keeps the page in step with them.

import { el, Part } from "./dom.js";
import { Card, trouble } from "./card.js";
import { favicon, icon } from "./icons.js";
import { Journal } from "./journal.js";
import { Line } from "./line.js";
import { kept } from "./past.js";
import { ago, bytes, count, glance, label, short, standing, when } from "./words.js";

// FEW is how many phones have their calendars open at first.
const FEW = 3;

const phones = document.getElementById("phones");
const announce = document.getElementById("announce");
const notices = new Part(document.getElementById("notices"));
const summary = document.getElementById("glance");
const summaryPart = new Part(summary);
const places = document.getElementById("places");
const placesList = new Part(document.getElementById("places-list"));
const empty = el("div", { class: "empty", hidden: true });
const emptyPart = new Part(empty);
phones.append(empty);

const cards = new Map();
let picture = null;
let ahead = 0; // ms by which the agent's clock is ahead of the browser's

const now = () => Date.now() + ahead;

const line = new Line({ show, progress, again, happened, lost: showNotices, keyNeeded });
const journal = new Journal(line.ask);

// show takes a whole picture.
function show(snapshot) {
  if (picture && picture.version !== snapshot.version) return location.reload(); // it was updated: so is this page
  announceChanges(picture, snapshot);
  picture = snapshot;
  ahead = new Date(snapshot.now).getTime() - Date.now();
  showCards();
  showGlance();
  showEmpty(snapshot);
  showNotices();
  showPlaces(snapshot);
  journal.phones(snapshot.phones);
  journal.touch();
  document.getElementById("about").textContent = "Homeport " + snapshot.version + ", running since " + when(new Date(snapshot.started));
}

function showCards() {
  const list = picture.phones;
  let before = empty;
  for (const phone of list) {
    let card = cards.get(phone.udid);
    if (!card) {
      card = new Card(phone);
      if (list.length > FEW) card.past.fold();
      cards.set(phone.udid, card);
      readRuns(card);
    }
    card.show(phone, now());
    if (before.nextElementSibling !== card.root) before.after(card.root);
    before = card.root;
  }
  for (const [udid, card] of cards) {
    if (list.some((p) => p.udid === udid)) continue;
    card.root.remove();
    cards.delete(udid);
  }
  phones.dataset.count = list.length;
}

// showGlance answers for all phones at once: above them, in the list of tabs, and in the
// colour of the icon there.
function showGlance() {
  const g = glance(picture.phones);
  summary.dataset.tone = g.tone;
  const drawing = { good: "check", bad: "cross", warn: "hand", busy: "arrow" }[g.tone] || "minus";
  summaryPart.show(picture.phones.length > 1 && g, () => picture.phones.length > 1 && [icon(drawing), el("span", { text: g.text })]);
  document.title = title(picture.phones);
  favicon(!line.alive ? "calm" : broken() ? "bad" : g.tone);
}

// broken says that no phone can be backed up as things are.
function broken() {
  return Boolean(picture.usbmuxd.error) || picture.destinations.some((d) => d.error);
}

// title says the most urgent thing in the browser's list of tabs.
function title(list) {
  if (!line.alive) return "Not running · Homeport";
  if (broken()) return "Something is wrong · Homeport";
  const busy = list.find((p) => p.run && p.run.percent > 0);
  const urgent = list.find((p) => ["waiting", "failed", "overdue"].includes(p.state));
  if (urgent && (urgent.state === "waiting" || !busy)) return standing(urgent).word + " · Homeport";
  return busy ? Math.floor(busy.run.percent) + " % · Homeport" : "Homeport";
}

// TOLD are the states that a screen reader hears of without being asked.
const TOLD = ["waiting", "failed", "overdue", "backing-up", "ok"];

function announceChanges(before, after) {
  if (!before) return;
  const key = (p) => p.state + (p.trouble ? p.trouble.cause : "") + (p.run && p.run.waitingFor || "");
  const old = new Map(before.phones.map((p) => [p.udid, key(p)]));
  const news = after.phones.filter((p) => old.get(p.udid) !== key(p) && TOLD.includes(p.state));
  if (news.length) announce.textContent = news.map((p) => short(label(p)) + ": " + p.message).join(". ");
}

function showEmpty(s) {
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
function showNotices() {
  const list = [];
  if (!line.alive && picture) {
    list.push({ message: "Homeport does not answer. What stands here is from " + when(line.heard) + ", " + (ago((Date.now() - line.heard) / 1000) || "earlier") + ".",
      remedy: ["To see whether it runs, in a terminal: homeport service status", "To start it: homeport service start. This page goes on by itself then."] });
  }
  if (picture && picture.usbmuxd.error) list.push(picture.usbmuxd.error);
  for (const d of picture ? picture.destinations : []) if (d.error) list.push(d.error);
  notices.show(list, () => list.map((t) => trouble(t)));
  document.body.classList.toggle("stale", !line.alive && picture !== null);
  if (picture) showGlance();
}

// showPlaces tells of each folder how much room there is, and what each phone takes of it.
function showPlaces(s) {
  places.hidden = s.destinations.length === 0;
  const list = s.destinations.map((d) => ({ ...d, free: Math.floor((d.free || 0) / 1e8) * 1e8,
    phones: s.phones.filter((p) => p.destination === d.path && p.versions.length)
      .map((p) => ({ name: short(label(p)), versions: p.versions.length, size: kept(p.versions) })).sort((a, b) => b.size - a.size) }));
  placesList.show(list, () => list.map((d) => el("li", {},
    el("p", { class: "place" },
      el("code", { text: d.path }),
      el("span", { text: d.there === false ? "not there now" : d.total > 0 ? bytes(d.free) + " free of " + bytes(d.total) : "" })),
    d.there && d.total > 0 ? el("meter", { min: 0, max: d.total, value: d.total - d.free, "aria-label": "Used of the drive" }) : null,
    d.phones.length ? shares(d) : null)));
}

// shares is what the phones take of a folder.
function shares(d) {
  const most = Math.max(d.phones[0].size, 1);
  return el("table", { class: "shares" },
    el("thead", {}, el("tr", {}, ...["iPhone", "Backups", "Take about"].map((t) => el("th", { scope: "col", text: t })))),
    el("tbody", {}, ...d.phones.map((p) => el("tr", {},
      el("th", { scope: "row", text: p.name }),
      el("td", { text: count(p.versions, "version") }),
      el("td", {}, el("meter", { min: 0, max: most, value: p.size, "aria-hidden": "true" }), el("span", { text: bytes(p.size) }))))));
}

async function readRuns(card) {
  const query = new URLSearchParams({ phone: card.phone.udid, limit: 1000, since: new Date(now() - 91 * 86400e3).toISOString().replace(/\.\d+Z$/, "Z") });
  const answer = await line.ask("/v1/runs?" + query);
  if (answer) card.tried(answer.runs);
}

// progress takes one event of a run.
function progress(e) {
  const card = e.phone && cards.get(e.phone.udid);
  if (!card) return;
  card.progress(e);
  document.title = title(picture.phones);
}

// again says that something may have been missed.
function again() {
  cards.forEach(readRuns);
  journal.touch();
}

// happened takes the other events.
function happened(kind, e) {
  const card = e.phone && cards.get(e.phone.udid);
  if (card && ["finished", "failed", "skipped"].includes(kind)) readRuns(card);
  journal.touch();
}

// keyNeeded ends everything: without a key nothing will be answered any more.
function keyNeeded() {
  announce.textContent = "This page needs a new key. In a terminal, run homeport open.";
  notices.show("key", () => trouble({ message: "This page needs a new key.", remedy: ["In a terminal of this computer, run: homeport open"] }));
}

// Ages grow without an event.
setInterval(() => {
  if (!picture) return;
  cards.forEach((card) => card.show(card.phone, now()));
  if (!line.alive) showNotices();
}, 20000);
line.connect();
