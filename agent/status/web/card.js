// One phone: what it is called, how old its last good backup is, what goes on, what is
// wrong and what to do, and what is known of it besides.

import { el, Part } from "./dom.js";
import { icon } from "./icons.js";
import { speed } from "./charts.js";
import { Past } from "./past.js";
import { ago, bytes, label, left, minute, phase, short, standing, upper, when, SLACK } from "./words.js";

// How much of a run's speed is drawn: ten minutes, four times a second at most.
const SAMPLES = 600;

export class Card {
  constructor(phone) {
    this.phone = phone;
    this.samples = [];
    this.root = el("article", { class: "phone", "data-udid": phone.udid });
    const lead = el("div", { class: "lead" });
    this.parts = {};
    for (const name of ["head", "big", "todo", "run", "trouble"]) {
      const host = el("div", { class: name });
      lead.append(host);
      this.parts[name] = new Part(host);
    }
    this.past = new Past();
    this.root.append(lead, this.past.root);
  }

  // show takes a new picture of the phone; now is the agent's clock.
  show(phone, now) {
    this.phone = phone;
    this.now = now;
    if (!phone.run) this.samples = [];
    this.root.dataset.state = phone.state;
    this.root.dataset.tone = standing(phone).tone;
    this.head();
    this.big();
    this.todo();
    this.run();
    this.trouble();
    this.past.show(phone, now);
  }

  // tried takes the runs of the past.
  tried(runs) {
    this.past.runs = runs;
    this.past.show(this.phone, this.now);
  }

  head() {
    const p = this.phone;
    const title = "phone-" + p.udid;
    this.root.setAttribute("aria-labelledby", title);
    const state = standing(p);
    const there = p.plugged ? "plugged in" : p.connection === "Network" ? "here over Wi-Fi only" : "not plugged in";
    const about = [p.model, p.iosVersion && "iOS " + p.iosVersion, there].filter(Boolean).join(" · ");
    this.parts.head.show([p.udid, p.name, state, about], () => [
      el("h3", { id: title, title: label(p), text: label(p) }),
      el("p", { class: "facts", text: about }),
      el("p", { class: "state" }, icon(state.icon), el("span", { text: state.word })),
    ]);
  }

  // big is the one glance: how old the last good backup is.
  big() {
    const p = this.phone;
    const good = p.lastGood && new Date(p.lastGood);
    const age = good ? ago((this.now - good) / 1000) || when(good) : "never";
    const lines = this.lines(good);
    this.parts.big.show([age, lines, p.lastGood], () => [
      el("p", { class: "age" },
        el("span", { class: "unseen", text: "Last good backup: " }),
        el("span", { text: age })),
      ...lines.map((text, i) => el("p", { class: i ? "message" : "since", text })),
    ]);
  }

  // lines are what stands below the age.
  lines(good) {
    const p = this.phone;
    const due = p.nextDue && new Date(p.nextDue);
    const quiet = p.state === "ok" || p.state === "away"; // nothing that the age does not say
    const since = [good ? "last good backup " + when(good) : "no good backup yet"];
    if (quiet && due && due > this.now) since.push("next from " + (due.toDateString() === new Date(this.now).toDateString() ? minute(due) : when(due)));
    const lines = [since.join(" · ")];
    if (good && good - this.now > SLACK * 1000) lines.push("This is in the future: the clock of this computer was set back, or was wrong then.");
    if (["new", "ignored", "checking"].includes(p.state) || p.state === "away" && !good) lines.push(upper(p.message));
    if (quiet && p.trouble) lines.push(upper(p.trouble.message));
    if (p.note && p.state !== "failed") lines.push(upper(p.note)); // what came of its last visit
    return lines;
  }

  // todo is what somebody has to do now.
  todo() {
    const p = this.phone;
    let task = null;
    if (p.state === "waiting" && p.run) task = { message: p.run.todo || p.message, remedy: p.run.steps, cause: p.run.waitingFor };
    else if (p.state === "overdue" && p.plugged) task = { message: p.message };
    else if (p.state === "overdue") task = { message: "plug it into this computer, and unlock it", remedy: ["Then the backup begins by itself."] };
    this.parts.todo.show(task, () => task && trouble(task));
  }

  // trouble is why the last try failed, and what helps.
  trouble() {
    const { state, trouble: t, note } = this.phone;
    const failed = t && state !== "ok" && state !== "away" && state !== "ignored";
    this.parts.trouble.show(failed ? [t, note] : null, () => failed && trouble(t, note));
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
    // While somebody is waited for, an empty bar says nothing.
    if (!r || this.phone.state === "waiting" && !(r.percent > 0)) {
      this.parts.run.show(null, () => null);
      this.bar = null;
      return;
    }
    this.sample(r);
    if (!this.bar) this.makeRun();
    const known = r.percent > 0;
    if (known) this.bar.value = Math.min(100, Math.max(0, r.percent));
    else this.bar.removeAttribute("value");
    const told = [known && Math.floor(r.percent) + " %", r.bytes > 0 && bytes(r.bytes), r.bytesPerSecond > 0 && bytes(r.bytesPerSecond) + "/s",
      r.secondsLeft > 0 && "about " + left(r.secondsLeft) + " left"].filter(Boolean);
    this.doing.textContent = upper(phase(r));
    this.figures.textContent = told.join(" · ");
    this.chart.show(this.samples.length, () => speed(this.samples));
  }

  makeRun() {
    this.parts.run.show("run", () => {
      this.bar = el("progress", { max: 100, "aria-label": "Progress of the backup of " + short(label(this.phone)) });
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
}

// trouble tells what is wrong or to be done, the steps, and what happens then.
export function trouble(t, note) {
  return el("section", { class: "wrong" },
    el("p", { class: "sentence" }, el("strong", { text: upper(t.message) })),
    t.remedy && t.remedy.length > 1 ? el("ol", {}, ...t.remedy.map((step) => el("li", { text: step }))) : null,
    t.remedy && t.remedy.length === 1 ? el("p", { text: t.remedy[0] }) : null,
    note ? el("p", { class: "then", text: upper(note) }) : null,
    t.cause ? el("p", { class: "more-about" }, "More: ", el("code", { text: "homeport explain " + t.cause })) : null);
}
