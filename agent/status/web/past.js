// What is known of a phone besides: the calendar, its backups, the last checks, the last
// tries. Each is opened on demand, and stays as it is when its content changes.

import { el, Part } from "./dom.js";
import { calendar, growth } from "./charts.js";
import { bytes, count, span, when, OUTCOMES } from "./words.js";

const TRIES = 20; // runs that are listed
const ROWS = 50; // versions that are listed

const SECTIONS = { calendar: "The last 90 days", versions: "Backups", checks: "Last checks", runs: "Last tries" };

export class Past {
  constructor() {
    this.runs = null; // not asked yet
    this.root = el("div", { class: "more" });
    this.sections = {};
    for (const [name, title] of Object.entries(SECTIONS)) {
      const body = el("div", { class: "body" });
      const summary = el("summary", { text: title });
      const box = el("details", { class: name, open: name === "calendar" }, summary, body);
      this.root.append(box);
      this.sections[name] = { box, summary, title, part: new Part(body) };
    }
  }

  // fold closes the calendar: many phones are seen at a glance without.
  fold() {
    this.sections.calendar.box.open = false;
  }

  show(phone, now) {
    const list = phone.versions || [];
    const runs = this.runs || [];
    const { findings, at } = checked(phone, runs);
    this.section("calendar", [list.map((v) => v.id), runs.map((r) => [r.id, r.outcome]), new Date(now).toDateString()],
      () => [calendar(runs, list, now), growth(list)], "");
    this.section("versions", list, () => list.length ? versionTable(list) : null, list.length ? count(list.length, "version") + ", about " + bytes(kept(list)) : "");
    this.section("checks", [findings, at], () => checks(findings, at), findings ? toldChecks(findings) : "");
    this.section("runs", runs.slice(0, TRIES), () => runs.length ? runList(runs.slice(0, TRIES)) : null, "");
  }

  section(name, from, make, extra) {
    const s = this.sections[name];
    s.part.show(from, make);
    s.box.hidden = s.part.host.hidden;
    s.summary.textContent = s.title + (extra ? ": " + extra : "");
  }
}

// kept estimates what versions take together: the oldest whole, of the others what was new.
export function kept(list) {
  return list.reduce((sum, v, i) => sum + (i === list.length - 1 || v.full ? v.bytes : v.newBytes), 0);
}

function versionTable(list) {
  const largest = Math.max(...list.map((v) => v.bytes), 1);
  const rows = list.slice(0, ROWS).map((v) => el("tr", { class: v.damaged ? "damaged" : null },
    el("th", { scope: "row", title: v.id, text: when(new Date(v.finished)) }),
    el("td", {}, el("meter", { min: 0, max: largest, value: v.bytes, "aria-hidden": "true" }), el("span", { text: bytes(v.bytes) })),
    el("td", { text: bytes(v.newBytes) }),
    el("td", { text: v.seconds ? span(v.seconds) : "" }),
    el("td", { text: [v.damaged && "damaged: " + v.damaged, v.pinned && "pinned", v.encrypted && "encrypted", v.verified && "read through " + when(new Date(v.verified))].filter(Boolean).join(", ") })));
  const heads = ["Made", "Size", "New in it", "Took", "Notes"].map((t) => el("th", { scope: "col", text: t }));
  return [
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Backups" },
      el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows))),
    list.length > ROWS ? el("p", { class: "quiet" }, "The newest " + ROWS + "; all: ", el("code", { text: "homeport versions list" })) : null,
  ];
}

// checked are the findings of the last checks. A program that was started since has not
// heard of them: then those of the last try are shown, of which what passed is not kept.
function checked(phone, runs) {
  if (phone.findings) return { findings: phone.findings, at: phone.findingsAt };
  const last = runs.find((r) => r.findings && r.findings.length);
  return last ? { findings: last.findings, at: last.started } : {};
}

function toldChecks(findings) {
  const n = (...status) => findings.filter((f) => status.includes(f.status)).length;
  const parts = [[n("fail"), "failed"], [n("pass"), "passed"]].filter(([k]) => k).map(([k, word]) => k + " " + word);
  if (n("warn")) parts.push(count(n("warn"), "warning"));
  if (n("info")) parts.push(count(n("info"), "note"));
  return parts.join(", ");
}

const CHECKED = { fail: "failed", warn: "warning", info: "note" };

function checks(findings, at) {
  if (!findings || findings.length === 0) return null;
  const rank = Object.keys(CHECKED);
  const told = findings.filter((f) => CHECKED[f.status]).sort((a, b) => rank.indexOf(a.status) - rank.indexOf(b.status));
  const named = (status) => findings.filter((f) => f.status === status).map((f) => f.check).join(", ");
  const list = told.map((f) => el("li", { class: f.status },
    el("strong", { text: CHECKED[f.status] + ": " }), el("span", { text: f.sentence || f.check }),
    f.remedy && f.remedy.length ? el("ol", {}, ...f.remedy.map((s) => el("li", { text: s }))) : null));
  return [
    at ? el("p", { class: "quiet", text: "checked " + when(new Date(at)) }) : null,
    list.length ? el("ul", { class: "findings" }, ...list) : null,
    named("pass") ? el("p", { class: "quiet", text: "passed: " + named("pass") }) : null,
    named("skipped") ? el("p", { class: "quiet", text: "not checked: " + named("skipped") }) : null,
  ];
}

function runList(runs) {
  return el("ul", { class: "tries" }, ...runs.map((r) => el("li", { class: r.outcome || "running" },
    el("time", { datetime: r.started, text: when(new Date(r.started)) }), " ",
    el("strong", { text: OUTCOMES[r.outcome] || "under way" }),
    el("span", { text: toldRun(r) }))));
}

function toldRun(r) {
  if (r.outcome === "backed-up") return " in " + span(r.seconds || 0) + ", " + bytes(r.newBytes || 0) + " new";
  const times = r.times > 1 ? " (" + r.times + " times)" : "";
  return (r.message ? ": " + r.message : "") + times;
}
