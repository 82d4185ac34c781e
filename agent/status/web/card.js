// One phone: what it is called, how old its last good backup is, what goes on, what is
// wrong and what to do, and what is known of it besides.

import { el, Part } from "./dom.js";
import { icon } from "./icons.js";
import { calendar, growth, speed } from "./charts.js";
import { ago, bytes, count, label, phase, span, when, OUTCOMES, STATES } from "./words.js";

// How much of a run's speed is drawn: ten minutes, four times a second at most.
const SAMPLES = 600;

export class Card {
  constructor(phone) {
    this.phone = phone;
    this.runs = null; // not asked yet
    this.samples = [];
    this.root = el("article", { class: "phone", "data-udid": phone.udid });
    this.parts = {};
    for (const name of ["head", "big", "run", "trouble", "more"]) {
      const host = el("div", { class: name });
      this.root.append(host);
      this.parts[name] = new Part(host);
    }
    this.more();
  }

  // more makes what is opened on demand: its parts are kept open when they change.
  more() {
    this.sections = {};
    const list = { calendar: "The last 90 days", versions: "Backups", checks: "Last checks", runs: "Last tries" };
    for (const [name, title] of Object.entries(list)) {
      const body = el("div", { class: "body" });
      const summary = el("summary", { text: title });
      const box = el("details", { class: name, open: name === "calendar" }, summary, body);
      this.parts.more.host.append(box);
      this.sections[name] = { box, summary, title, part: new Part(body) };
    }
  }

  // show takes a new picture of the phone; now is the agent's clock.
  show(phone, now) {
    this.phone = phone;
    this.now = now;
    if (!phone.run) this.samples = [];
    this.root.dataset.state = phone.state;
    this.root.dataset.tone = this.tone();
    this.head();
    this.big();
    this.run();
    this.trouble();
    this.past();
  }

  // tone is the colour of the card: a phone that is away is as good as its last backup.
  tone() {
    const { state, lastGood } = this.phone;
    if (state === "away" && lastGood) return "good";
    return (STATES[state] || STATES.away).tone;
  }

  head() {
    const p = this.phone;
    const title = "phone-" + p.udid;
    this.root.setAttribute("aria-labelledby", title);
    const state = STATES[p.state] || STATES.away;
    const facts = [p.model, p.iosVersion && "iOS " + p.iosVersion, p.plugged && (p.connection === "Network" ? "Wi-Fi" : "plugged in")];
    this.parts.head.show([p.udid, p.name, p.state, this.tone(), facts], () => [
      el("h3", { id: title, text: label(p) }),
      el("p", { class: "facts", text: facts.filter(Boolean).join(" · ") }),
      el("p", { class: "state" }, icon(this.tone() === "good" ? "check" : state.icon), el("span", { text: state.word })),
    ]);
  }

  // big is the one glance: how old the last good backup is.
  big() {
    const p = this.phone;
    const good = p.lastGood && new Date(p.lastGood);
    const age = good ? ago((this.now - good) / 1000) : "never";
    const message = this.message();
    this.parts.big.show([age, message, p.note, p.lastGood], () => [
      el("p", { class: "age" },
        el("span", { class: "unseen", text: "Last good backup: " }),
        el("span", { text: age })),
      el("p", { class: "since", text: good ? "last good backup " + when(good) : "no good backup yet" }),
      message ? el("p", { class: "message", text: message }) : null,
      p.note ? el("p", { class: "quiet", text: p.note }) : null,
    ]);
  }

  // message is the picture's line, unless what stands below it says the same.
  message() {
    const { message, run, trouble } = this.phone;
    if (run && !run.waitingFor) return "";
    if (trouble && message.toLowerCase().includes(trouble.message.toLowerCase())) return "";
    return message;
  }

  // progress takes one event of a run, which comes more often than the picture.
  progress(event) {
    if (!this.phone.run || !event.progress) return;
    const { percent, bytes: got, files, bytesPerSecond, secondsLeft } = event.progress;
    Object.assign(this.phone.run, { phase: event.progress.phase, percent, bytes: got, files, bytesPerSecond, secondsLeft });
    this.run();
  }

  run() {
    const r = this.phone.run;
    if (!r) {
      this.parts.run.show(null, () => null);
      this.bar = null;
      return;
    }
    this.sample(r);
    if (!this.bar) this.makeRun();
    const known = r.percent > 0;
    const percent = Math.min(100, Math.max(0, r.percent));
    if (known) this.bar.value = percent;
    else this.bar.removeAttribute("value");
    const told = [known && Math.floor(percent) + " %", r.bytes > 0 && bytes(r.bytes), r.bytesPerSecond > 0 && bytes(r.bytesPerSecond) + "/s",
      r.secondsLeft > 0 && "about " + span(r.secondsLeft) + " left"].filter(Boolean);
    this.doing.textContent = phase(r);
    this.figures.textContent = told.join(" · ");
    this.chart.show(this.samples.length, () => speed(this.samples));
  }

  makeRun() {
    this.parts.run.show("run", () => {
      this.bar = el("progress", { max: 100, "aria-label": "Progress of the backup of " + label(this.phone) });
      this.doing = el("span", { class: "doing" });
      this.figures = el("span", { class: "figures" });
      const chart = el("div", { class: "chart" });
      this.chart = new Part(chart);
      return [this.bar, el("p", { class: "told" }, this.doing, this.figures), chart];
    });
  }

  sample(r) {
    const last = this.samples[this.samples.length - 1];
    if (!(r.bytesPerSecond > 0) || (last && last.bytes === r.bytes)) return;
    this.samples.push({ bytes: r.bytes, speed: r.bytesPerSecond });
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  trouble() {
    const t = this.phone.trouble;
    this.parts.trouble.show(t || null, () => t && trouble(t));
  }

  // past takes what happened earlier; runs comes later than the picture.
  past() {
    const { versions, findings, findingsAt } = this.phone;
    const list = versions || [];
    const runs = this.runs || [];
    const today = new Date(this.now).toDateString();
    this.section("calendar", [list.map((v) => v.id), runs.map((r) => [r.id, r.outcome]), today],
      () => [calendar(runs, list, this.now), growth(list)], "");
    this.section("versions", list, () => list.length ? versionTable(list) : null, list.length ? count(list.length, "version") + ", " + kept(list) : "none");
    this.section("checks", [findings, findingsAt], () => checks(findings, findingsAt), findings ? toldChecks(findings) : "");
    this.section("runs", runs.slice(0, 20), () => runs.length ? runList(runs.slice(0, 20)) : null, "");
  }

  section(name, from, make, extra) {
    const s = this.sections[name];
    s.part.show(from, make);
    s.box.hidden = s.part.host.hidden;
    s.summary.textContent = s.title + (extra ? ": " + extra : "");
  }
}

// trouble tells what is wrong, and the steps.
export function trouble(t) {
  return el("section", { class: "wrong" },
    el("p", { class: "sentence" }, el("strong", { text: t.message })),
    t.remedy && t.remedy.length ? el("ol", {}, ...t.remedy.map((step) => el("li", { text: step }))) : null,
    t.cause ? el("p", { class: "more-about" }, "More: ", el("code", { text: "homeport explain " + t.cause })) : null);
}

// kept estimates what versions take together: the oldest whole, of the others what was new.
function kept(list) {
  const total = list.reduce((sum, v, i) => sum + (i === list.length - 1 ? v.bytes : v.newBytes), 0);
  return "about " + bytes(total);
}

function versionTable(list) {
  const largest = Math.max(...list.map((v) => v.bytes), 1);
  const rows = list.map((v) => el("tr", { class: v.damaged ? "damaged" : null },
    el("th", { scope: "row", title: v.id, text: when(new Date(v.finished)) }),
    el("td", {}, el("meter", { min: 0, max: largest, value: v.bytes, "aria-hidden": "true" }), el("span", { text: bytes(v.bytes) })),
    el("td", { text: bytes(v.newBytes) }),
    el("td", { text: v.seconds ? span(v.seconds) : "" }),
    el("td", { text: [v.damaged && "damaged: " + v.damaged, v.pinned && "pinned", v.verified && "read through " + when(new Date(v.verified))].filter(Boolean).join(", ") })));
  const heads = ["Made", "Size", "New in it", "Took", "Notes"].map((t) => el("th", { scope: "col", text: t }));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Backups" },
    el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)));
}

function toldChecks(findings) {
  const n = (status) => findings.filter((f) => f.status === status).length;
  const parts = [count(n("pass"), "check") + " passed"];
  if (n("warn") + n("info")) parts.push(count(n("warn") + n("info"), "note"));
  if (n("fail")) parts.push(n("fail") + " failed");
  return parts.join(", ");
}

const CHECKED = { fail: "failed", warn: "note", info: "note", skipped: "not checked", pass: "passed" };

function checks(findings, at) {
  if (!findings || findings.length === 0) return null;
  const told = findings.filter((f) => f.status !== "pass" && f.status !== "skipped");
  const passed = findings.filter((f) => f.status === "pass").map((f) => f.check);
  const list = told.map((f) => el("li", { class: f.status },
    el("strong", { text: CHECKED[f.status] + ": " }), el("span", { text: f.sentence || f.check }),
    f.remedy && f.remedy.length && f.status === "fail" ? el("ol", {}, ...f.remedy.map((s) => el("li", { text: s }))) : null));
  return [
    at ? el("p", { class: "quiet", text: "checked " + when(new Date(at)) }) : null,
    list.length ? el("ul", { class: "findings" }, ...list) : null,
    passed.length ? el("p", { class: "quiet", text: "passed: " + passed.join(", ") }) : null,
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
