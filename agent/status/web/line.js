// The line to the agent: its events, and questions.
//
// A browser keeps six connections to one address, and a stream of events needs one for
// itself: with seven tabs none would load any more. So one tab listens, whichever holds
// the lock, and hands what it hears to the others. When it is closed another one gets the
// lock.

import { when } from "./words.js";

const SHARED = "homeport-events"; // the name of the lock, and of the channel between tabs
const SILENCE = 45e3; // ms without an event after which the agent is asked whether it is there
const PATIENCE = 5e3; // for an answer then
const LOOK = 10e3; // how often that is looked at
const AGAIN = 5e3; // until the next try to connect
const KINDS = ["status", "progress", "lost", "plugged", "unplugged", "preflight", "waiting", "verified", "finished", "failed", "skipped", "note", "service"];

export class Line {
  // on has what is done with what comes: show(picture), progress(event), happened(kind,
  // event), again() when something may have been missed, lost() when alive has changed,
  // keyNeeded().
  constructor(on) {
    this.on = on;
    this.alive = true; // as far as is known
    this.heard = new Date();
    this.host = document.getElementById("link");
    this.text = document.getElementById("link-text");
    this.ask = this.ask.bind(this);
    document.addEventListener("visibilitychange", () => this.look());
    setInterval(() => this.look(), LOOK);
  }

  async ask(address, limit) {
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" }, signal: limit && AbortSignal.timeout(limit) });
      if (response.status === 401) this.end();
      return response.ok ? await response.json() : null;
    } catch {
      return null; // the stream tells that the agent is away
    }
  }

  connect() {
    this.channel = new BroadcastChannel(SHARED);
    this.channel.addEventListener("message", (m) => this.take(m.data.kind, m.data.event));
    const lead = () => new Promise(() => this.listen()); // as long as the tab is open
    if (!navigator.locks) return this.listen();
    navigator.locks.request(SHARED, { ifAvailable: true }, (lock) => {
      if (lock) return lead();
      this.poll();
      navigator.locks.request(SHARED, lead);
    });
  }

  // listen follows the events, for all tabs.
  listen() {
    if (this.ended) return;
    const events = this.events = new EventSource("/v1/events");
    for (const kind of KINDS) events.addEventListener(kind, (e) => this.tellAll(kind, JSON.parse(e.data)));
    events.addEventListener("open", () => this.tellAll("open"));
    events.addEventListener("error", () => this.broke(events));
  }

  tellAll(kind, event) {
    this.take(kind, event);
    this.channel.postMessage({ kind, event });
  }

  // take acts on what this tab has heard, or another one.
  take(kind, event) {
    if (this.ended) return;
    if (kind === "silence") return this.lose();
    this.hear();
    if (kind === "status") this.on.show(event);
    else if (kind === "progress") this.on.progress(event);
    else if (kind === "open" || kind === "lost") this.on.again();
    else this.on.happened(kind, event);
  }

  hear() {
    this.heard = new Date();
    this.tell("live", "live");
    if (this.alive) return;
    this.alive = true;
    this.on.lost();
  }

  broke(events) {
    if (this.ended) return events.close();
    this.tellAll("silence");
    this.ask("/v1/status", PATIENCE); // says whether it is the key
    if (events.readyState === EventSource.CLOSED) setTimeout(() => this.listen(), AGAIN); // else the browser tries again
  }

  lose() {
    this.tell("lost", "Homeport does not answer; this is from " + when(this.heard));
    if (!this.alive) return;
    this.alive = false;
    this.on.lost();
  }

  // look asks an agent that has been silent for long: a computer that slept, or a program
  // that hangs, closes no connection.
  look() {
    if (!document.hidden && Date.now() - this.heard >= SILENCE) this.poll();
  }

  async poll() {
    if (this.asking || this.ended) return;
    this.asking = true;
    const picture = await this.ask("/v1/status", PATIENCE);
    this.asking = false;
    if (picture) this.tellAll("status", picture);
    else if (!this.ended) this.lose();
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    if (this.events) this.events.close();
    this.tell("ended", "this page needs a new key");
    this.on.keyNeeded();
  }

  tell(name, text) {
    this.host.dataset.link = name;
    this.text.textContent = text;
  }
}
