// Drawings: the speed of a run, the calendar of 90 days, how versions grew. Each has
// its figures in words too, for those who do not see it.

import { el, svg } from "./dom.js";
import { bytes, count, day, month, span, when, OUTCOMES } from "./words.js";

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

// WEEK are the rows of the calendar; every other one is named, for want of room.
const WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

// calendar draws the last 90 days, a column for each week that begins on Monday.
export function calendar(runs, versions, now) {
  const by = days(runs, versions);
  const today = new Date(now);
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 89, 12);
  const lead = (first.getDay() + 6) % 7;
  const rows = WEEK.map((name, i) => el("tr", {}, el("th", { scope: "row" }, el("span", { class: i % 2 ? "unseen" : null, text: name }))));
  for (let i = 0; i < lead; i++) rows[i].append(el("td"));
  let good = 0, bad = 0;
  for (let i = 0; i < 90; i++) {
    const date = new Date(first.getFullYear(), first.getMonth(), first.getDate() + i, 12); // a day has 23 to 25 hours
    const d = by.get(date.toDateString());
    if (d && d.good) good++;
    if (d && !d.good) bad++;
    const tone = !d ? "none" : d.good ? (d.bad.length ? "mixed" : "good") : "bad";
    rows[(lead + i) % 7].append(el("td", {},
      el("span", { class: "day " + tone, title: toldDay(date, d) }, el("span", { class: "unseen", text: toldDay(date, d) }))));
  }
  return el("figure", { class: "calendar" },
    el("table", { role: "table", "aria-label": "The last 90 days" }, months(first, lead), el("tbody", {}, ...rows)),
    el("figcaption", {},
      el("p", { text: (good ? "Backed up on " + good + " of the last 90 days" : "No backup in the last 90 days") + (bad ? "; on " + count(bad, "day") + " it was tried and failed" : "") + "." }),
      el("p", { class: "legend" },
        el("span", {}, el("span", { class: "day good", "aria-hidden": "true" }), " backed up"),
        el("span", {}, el("span", { class: "day mixed", "aria-hidden": "true" }), " backed up, one try failed"),
        el("span", {}, el("span", { class: "day bad", "aria-hidden": "true" }), " failed"))));
}

// months names each month above the week in which it begins, where two weeks of it leave
// room for the name.
function months(first, lead) {
  const row = el("tr", { "aria-hidden": "true" }, el("td"));
  const weeks = Math.ceil((lead + 90) / 7);
  const at = (week) => month(new Date(first.getFullYear(), first.getMonth(), first.getDate() - lead + week * 7 + 6, 12)); // its Sunday
  for (let week = 0; week < weeks; week++) {
    const begins = (week === 0 || at(week - 1) !== at(week)) && week + 1 < weeks && at(week + 1) === at(week);
    row.append(el("td", { class: "month" }, begins ? el("span", { text: at(week) }) : null));
  }
  return el("thead", {}, row);
}

// GROWTH is how many versions are drawn.
const GROWTH = 40;

// growth draws the sizes of versions, and below how long each took, oldest first.
export function growth(versions) {
  const list = versions.slice(0, GROWTH).reverse();
  if (list.length < 2) return null;
  const first = list[0], last = list[list.length - 1];
  const took = list.some((v) => v.seconds > 0);
  return el("figure", { class: "growth" },
    el("figcaption", {}, el("strong", { text: "Size" }), " " + bytes(last.bytes) + ", " + bytes(first.bytes) + " on " + day(new Date(first.finished))),
    bars(list, (v) => v.bytes, "Sizes of " + list.length + " versions, from " + bytes(first.bytes) + " to " + bytes(last.bytes)),
    took ? el("figcaption", {}, el("strong", { text: "Duration" }), " " + span(last.seconds || 0) + ", at most " + span(Math.max(...list.map((v) => v.seconds || 0)))) : null,
    took ? bars(list, (v) => v.seconds || 0, "How long they took, the last " + span(last.seconds || 0)) : null);
}

// bars draws a value of each version as a bar with its figures in words.
function bars(list, value, about) {
  const highest = Math.max(...list.map(value), 1);
  const width = 100 / Math.max(list.length, 12); // two bars are no wall
  return svg("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": about },
    ...list.map((v, i) => svg("rect", {
      class: v.damaged ? "bar damaged" : "bar", x: (i * width + width * 0.15).toFixed(2), width: (width * 0.7).toFixed(2),
      y: (29.5 - 28 * value(v) / highest).toFixed(2), height: Math.max(0.7, 28 * value(v) / highest).toFixed(2),
    }, svg("title", { text: when(new Date(v.finished)) + ": " + bytes(v.bytes) + (v.seconds ? " in " + span(v.seconds) : "") + (v.damaged ? "; damaged" : "") }))));
}
