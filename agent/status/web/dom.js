// Makes elements. Text from a phone only ever becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(e, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") e.textContent = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child) e.append(child);
  return e;
}

// el makes an HTML element; attributes that are false or missing are left away.
export function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// svg makes an element of a drawing.
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Part is a piece of the page that is made anew only when what it is made from differs
// from the last time: what a person has opened, focused or marked in it stays as it is.
export class Part {
  constructor(host) {
    this.host = host;
    this.made = null;
  }

  show(from, make) {
    const key = JSON.stringify(from);
    if (key === this.made) return;
    this.made = key;
    const content = make();
    this.host.replaceChildren(...[content].flat().filter(Boolean));
    this.host.hidden = !content || content.length === 0;
  }
}
