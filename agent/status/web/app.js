// Shows the picture of the daemon and follows its events.
"use strict";

const phones = document.getElementById("phones");
const link = document.getElementById("link");

function add(parent, tag, text, className) {
  const e = document.createElement(tag);
  if (text) e.textContent = text;
  if (className) e.className = className;
  parent.append(e);
  return e;
}

function card(phone) {
  const box = add(phones, "section", "", "phone");
  box.dataset.udid = phone.udid;
  box.dataset.state = phone.state;
  add(box, "h2", phone.name || phone.udid);
  add(box, "p", phone.message, "big");
  if (phone.run) {
    const bar = add(box, "progress");
    bar.max = 100;
    bar.value = phone.run.percent;
  }
  if (phone.trouble) {
    add(box, "p", phone.trouble.message);
    const steps = add(box, "ol");
    for (const step of phone.trouble.remedy || []) add(steps, "li", step);
  }
}

function show(snapshot) {
  phones.replaceChildren();
  snapshot.phones.forEach(card);
  if (snapshot.phones.length === 0) add(phones, "p", "No iPhone has been here yet. Plug one in.");
}

function progress(event) {
  const box = [...phones.children].find((b) => b.dataset.udid === event.phone.udid);
  const bar = box && box.querySelector("progress");
  if (bar) bar.value = event.progress.percent;
}

const events = new EventSource("/v1/events");
events.addEventListener("open", () => { link.textContent = "live"; });
events.addEventListener("error", () => { link.textContent = "Homeport does not answer; trying again …"; });
events.addEventListener("status", (e) => show(JSON.parse(e.data)));
events.addEventListener("progress", (e) => progress(JSON.parse(e.data)));
