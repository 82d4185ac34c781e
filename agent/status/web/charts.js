// Drawings: the speed of a run, the calendar of 90 days, how versions grew. Each has
// its figures in words too, for those who do not see it.

import { el, svg } from "./dom.js";
import { bytes, count, day, span, when, OUTCOMES } from "./words.js";

const DAY = 86400e3;

// line draws values as a curve over a width of 100 and a height of 30.
function line(values, highest) {
  const step = values.length > 1 ? 100 / (values.length - 1) : 0;
  return values.map((v, i) => (i * step).toFixed(2) + "," + (29 - 27 * v / highest).toFixed(2)).join(" ");
}

// speed draws bytes per second over the last minutes of a run.
export function speed(samples) {
  if (samples.length < 2) return null;
  const values = samples.map((s) => s.speed);
  const highest = Math.max(...values, 1);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const points = line(values, highest);
  return el("figure", { class: "speed" },
    svg("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": "Speed, on average " + bytes(mean) + " per second, at most " + bytes(highest) },
      svg("polygon", { class: "area", points: "0,29 " + points + " 100,29" }),
      svg("polyline", { class: "curve", points })),
    el("figcaption", { text: "on average " + bytes(mean) + "/s, at most " + bytes(highest) + "/s" }));
}

// days sorts runs and versions by local day: what was good, and what failed.
function days(runs, versions) {
  const by = new Map();
  const at = (date) => {
    const key = new Date(date).toDateString();
    if (!by.has(key)) by.set(key, { good: 0, bad: [] });
    return by.get(key);
  };
  for (const v of versions) at(v.finished).good++;
  for (const r of runs) {
    if (r.outcome === "failed" || r.outcome === "interrupted") at(r.started).bad.push(r);
    // A backup whose version was pruned since is in the runs only.
    else if (r.outcome === "backed-up" && !versions.some((v) => v.id === r.version)) at(r.ended || r.started).good++;
  }
  return by;
}

function toldDay(date, d) {
  if (!d) return day(date) + ": no backup";
  const parts = [];
  if (d.good) parts.push(d.good === 1 ? "backed up" : "backed up " + d.good + " times");
  if (d.bad.length) parts.push(d.bad.length === 1 ? OUTCOMES[d.bad[0].outcome] : d.bad.length + " times not backed up");
  return day(date) + ": " + parts.join(", ");
}

// calendar draws the last 90 days, a column for each week that begins on Monday.
export function calendar(runs, versions, now) {
  const by = days(runs, versions);
  const today = new Date(now);
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 89, 12);
  const lead = (first.getDay() + 6) % 7;
  const rows = Array.from({ length: 7 }, () => el("tr"));
  for (let i = 0; i < lead; i++) rows[i].append(el("td"));
  let good = 0, bad = 0;
  for (let i = 0; i < 90; i++) {
    const date = new Date(first.getTime() + i * DAY);
    const d = by.get(date.toDateString());
    if (d && d.good) good++;
    if (d && !d.good) bad++;
    const tone = !d ? "none" : d.good ? (d.bad.length ? "mixed" : "good") : "bad";
    rows[(lead + i) % 7].append(el("td", {},
      el("span", { class: "day " + tone, title: toldDay(date, d) }, el("span", { class: "unseen", text: toldDay(date, d) }))));
  }
  return el("figure", { class: "calendar" },
    el("table", { role: "table", "aria-label": "The last 90 days" }, el("tbody", {}, ...rows)),
    el("figcaption", {},
      el("span", { text: (good ? "Backed up on " + count(good, "day") + " of the last 90" : "No backup in the last 90 days") + (bad ? ", failed on " + bad : "") + ". " }),
      el("span", { class: "legend" },
        el("span", { class: "day good", "aria-hidden": "true" }), " backed up ",
        el("span", { class: "day bad", "aria-hidden": "true" }), " failed")));
}

// growth draws the sizes of versions as bars, and how long each took, oldest first.
export function growth(versions) {
  const list = versions.slice(0, 40).reverse();
  if (list.length < 2) return null;
  const largest = Math.max(...list.map((v) => v.bytes), 1);
  const longest = Math.max(...list.map((v) => v.seconds || 0), 1);
  const width = 100 / Math.max(list.length, 10); // two bars are no wall
  const bars = list.map((v, i) => svg("rect", {
    class: v.damaged ? "bar damaged" : "bar", x: (i * width + width * 0.15).toFixed(2), width: (width * 0.7).toFixed(2),
    y: (29 - 27 * v.bytes / largest).toFixed(2), height: Math.max(0.5, 27 * v.bytes / largest).toFixed(2),
  }, svg("title", { text: when(new Date(v.finished)) + ": " + bytes(v.bytes) + (v.seconds ? " in " + span(v.seconds) : "") })));
  const times = list.map((v, i) => ((i + 0.5) * width).toFixed(2) + "," + (29 - 27 * (v.seconds || 0) / longest).toFixed(2)).join(" ");
  const last = list[list.length - 1];
  return el("figure", { class: "growth" },
    svg("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img",
      "aria-label": "Sizes of " + list.length + " versions, from " + bytes(list[0].bytes) + " to " + bytes(last.bytes) + "; the longest took " + span(longest) },
    ...bars, svg("polyline", { class: "curve", points: times })),
    el("figcaption", {},
      el("span", { class: "legend" },
        el("span", { class: "key bar", "aria-hidden": "true" }), " size, now " + bytes(last.bytes) + " ",
        el("span", { class: "key curve", "aria-hidden": "true" }), " duration, last " + span(last.seconds || 0))));
}
