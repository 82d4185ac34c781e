// The log, with its filters. It is asked for again when something happened, not more
// often than every two seconds, and only while somebody can see it.

import { el } from "./dom.js";
import { bytes, clock, count, day, facts, label, short, span } from "./words.js";

const AGAIN = 2000; // ms
const LINES = 300;

export class Journal {
  constructor(ask) {
    this.ask = ask; // asks the API for an address below /v1
    this.root = document.getElementById("journal");
    this.form = document.getElementById("filters");
    this.body = document.querySelector("#lines tbody");
    this.told = document.getElementById("journal-count");
    this.names = new Map();
    this.causes = new Set();
    this.form.addEventListener("change", () => this.load());
    this.form.addEventListener("submit", (e) => e.preventDefault());
    document.addEventListener("visibilitychange", () => this.stale && this.touch());
  }

  // phones gives the choice of phones, and their names for the lines.
  phones(list) {
    const key = JSON.stringify(list.map((p) => [p.udid, label(p)]));
    if (key === this.known) return;
    this.known = key;
    this.names = new Map(list.map((p) => [p.udid, label(p)]));
    const choice = this.form.elements.phone;
    const chosen = choice.value;
    choice.replaceChildren(el("option", { value: "", text: "all" }), ...list.map((p) => el("option", { value: p.udid, text: short(label(p)) })));
    choice.value = this.names.has(chosen) ? chosen : "";
  }

  // touch says that there may be news.
  touch() {
    this.stale = true;
    if (this.waiting || document.hidden) return;
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.load();
    }, this.loaded ? AGAIN : 0);
  }

  async load() {
    this.stale = false;
    const f = this.form.elements;
    const query = new URLSearchParams({ limit: LINES, level: f.level.value });
    query.set("since", new Date(Date.now() - f.since.value * 3600e3).toISOString().replace(/\.\d+Z$/, "Z"));
    if (f.phone.value) query.set("phone", f.phone.value);
    if (f.cause.value) query.set("cause", f.cause.value);
    const turn = this.turn = {};
    const answer = await this.ask("/v1/log?" + query);
    if (turn !== this.turn) return; // a later question is under way
    this.loaded = true;
    this.root.hidden = false;
    if (!answer) {
      this.told.textContent = "The log cannot be read now.";
      return;
    }
    this.show(answer.lines);
  }

  show(lines) {
    const newest = lines.slice().sort((a, b) => (a.ts < b.ts ? 1 : a.ts > b.ts ? -1 : 0));
    this.offer(newest);
    this.told.textContent = newest.length === 0 ? "Nothing in the log fits." :
      newest.length >= LINES ? "The newest " + LINES + " lines." : newest.length + (newest.length === 1 ? " line." : " lines.");
    let last = "";
    const rows = [];
    for (const l of newest) {
      const at = new Date(l.ts);
      const d = Number.isNaN(at.getTime()) ? "" : day(at);
      if (d !== last) rows.push(el("tr", { class: "date" }, el("th", { colspan: 3, scope: "colgroup", text: d || "unknown day" })));
      last = d;
      rows.push(this.row(l, at));
    }
    this.body.replaceChildren(...rows);
  }

  row(l, at) {
    const { what, text } = told(l);
    return el("tr", { class: "line " + (["debug", "info", "warn", "error"].includes(l.level) ? l.level : "info") },
      el("td", { text: Number.isNaN(at.getTime()) ? "" : clock(at) }),
      el("td", { text: short(this.names.get(l.udid) || l.device || "") }),
      el("td", {}, l.level === "warn" && what !== "warning" ? el("strong", { text: "warning: " }) : null,
        el("strong", { text: what }), text ? el("span", { text: " " + text }) : null,
        l.cause ? el("code", { text: String(l.cause) }) : null));
  }

  // offer adds the causes that were seen to the choice.
  offer(lines) {
    const choice = this.form.elements.cause;
    for (const l of lines) {
      if (!l.cause || this.causes.has(l.cause)) continue;
      this.causes.add(l.cause);
      choice.append(el("option", { value: l.cause, text: l.cause }));
    }
  }
}

// WORDS are what the lines of events are called, as in the terminal.
const WORDS = { plugged: "plugged in", finished: "backed up", failed: "not backed up", skipped: "not now", service: "note" };
const EVENTS = ["plugged", "unplugged", "preflight", "waiting", "verified", "finished", "failed", "skipped", "note", "service"];

// told words a line of the log.
function told(l) {
  const kind = String(l.msg ?? "");
  const plain = [l.text, l.sentence, l.detail].find((t) => typeof t === "string" && t && t !== kind) || "";
  if (!EVENTS.includes(kind)) return { what: l.level === "error" ? "failure" : l.level === "warn" ? "warning" : "note", text: [kind, plain].filter(Boolean).join(": ") };
  return { what: WORDS[kind] || kind, text: toldEvent(kind, l, plain) };
}

function toldEvent(kind, l, plain) {
  const r = l.result || {};
  switch (kind) {
    case "plugged": return facts(l.phone || {}).join(", ");
    case "verified": return count(r.files || 0, "file") + ", " + bytes(r.bytes || 0) + ", " + bytes(r.newBytes || 0) + " new";
    case "finished": return "version " + r.version + ", " + span(r.seconds || 0);
    case "failed": return l.sentence || plain;
    case "preflight": return (l.findings || []).map((f) => f.sentence).filter(Boolean).join("; ") || "all checks passed";
  }
  return plain;
}
