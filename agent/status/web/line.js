// The line to the agent: its events, as long as somebody looks, and questions.

import { when } from "./words.js";

const SILENCE = 45e3; // ms without an event after which the agent is asked whether it is there
const PATIENCE = 5e3; // for an answer then
const LOOK = 10e3; // how often that is looked at
const AGAIN = 5e3; // until the next try to connect
const KINDS = ["plugged", "unplugged", "preflight", "waiting", "verified", "finished", "failed", "skipped", "note", "service"];

export class Line {
  // on has what is done with what comes: show(picture), progress(event), happened(kind,
  // event), again() when something may have been missed, lost() when alive has changed,
  // keyNeeded().
  constructor(on) {
    this.on = on;
    this.events = null;
    this.alive = true; // as far as is known
    this.heard = new Date();
    this.opened = 0;
    this.host = document.getElementById("link");
    this.text = document.getElementById("link-text");
    this.ask = this.ask.bind(this);
    document.addEventListener("visibilitychange", () => document.hidden ? this.rest() : this.wake());
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
    if (this.ended || this.events) return;
    const events = this.events = new EventSource("/v1/events");
    const on = (kind, act) => events.addEventListener(kind, (e) => {
      this.hear();
      act(JSON.parse(e.data));
    });
    events.addEventListener("open", () => {
      this.hear();
      if (this.opened++ > 0) this.on.again();
    });
    events.addEventListener("error", () => this.broke(events));
    on("status", this.on.show);
    on("progress", this.on.progress);
    on("lost", this.on.again);
    for (const kind of KINDS) on(kind, (e) => this.on.happened(kind, e));
  }

  disconnect() {
    if (this.events) this.events.close();
    this.events = null;
  }

  hear() {
    this.heard = new Date();
    if (this.ended) return;
    this.tell("live", "live");
    if (this.alive) return;
    this.alive = true;
    this.on.lost();
  }

  broke(events) {
    if (this.ended || events !== this.events) return events.close();
    this.lose();
    this.ask("/v1/status", PATIENCE); // says whether it is the key
    if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    this.disconnect();
    setTimeout(() => document.hidden || this.connect(), AGAIN);
  }

  lose() {
    this.tell("lost", "Homeport does not answer; this is from " + when(this.heard));
    if (!this.alive) return;
    this.alive = false;
    this.on.lost();
  }

  // look asks an agent that has been silent for long: a computer that slept, or a program
  // that hangs, closes no connection.
  async look() {
    if (!this.events || document.hidden || this.asking || Date.now() - this.heard < SILENCE) return;
    this.asking = true;
    const picture = await this.ask("/v1/status", PATIENCE);
    this.asking = false;
    if (this.ended) return;
    if (!picture) return this.lose();
    this.hear();
    this.on.show(picture);
  }

  // rest ends the events while nobody looks. A browser keeps six connections to one
  // address, and a stream needs one for itself: with seven tabs no page would load any
  // more. One hidden tab goes on, so that its title tells how far a backup is.
  rest() {
    const locks = navigator.locks;
    if (!locks) return this.disconnect();
    locks.request("homeport-hidden", { ifAvailable: true }, (lock) => {
      if (!document.hidden) return undefined;
      if (!lock) return this.disconnect();
      return new Promise((release) => (this.release = release));
    });
  }

  wake() {
    if (this.release) this.release();
    this.release = null;
    this.connect();
    this.look();
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    this.disconnect();
    this.tell("ended", "this page needs a new key");
    this.on.keyNeeded();
  }

  tell(name, text) {
    this.host.dataset.link = name;
    this.text.textContent = text;
  }
}
