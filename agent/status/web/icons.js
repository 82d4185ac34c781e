// The drawings beside states: a colour alone tells nothing to many people.

import { svg } from "./dom.js";

const PATHS = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  clock: "M12 7v5.5l3.5 2",
  plus: "M12 6v12M6 12h12",
  minus: "M6 12h12",
  arrow: "M12 18V6.5M6.5 12L12 6.5l5.5 5.5",
  hand: "M12 6v7.5M12 17.2v.3",
};

// icon draws one by its name; words beside it say the same.
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("circle", { cx: 12, cy: 12, r: 11 }),
    svg("path", { d: PATHS[name] || PATHS.minus }));
}

// Colour and drawing of the icon in the list of tabs.
const TABS = { good: ["1a7f45", "M11.5 16.5l3.2 3.2 6-6.6"], bad: ["b3231c", "M12.5 12.5l7 7M19.5 12.5l-7 7"], warn: ["8a5200", "M16 10v8M16 21.6v.2"],
  busy: ["0b5cad", "M16 21.5v-10M12 15l4-4 4 4"], calm: ["5b636d", "M12 16h8"] };

// favicon shows in the list of tabs how the phones stand.
export function favicon(tone) {
  const [color, path] = TABS[tone] || TABS.calm;
  const link = document.querySelector("link[rel=icon]");
  if (link.dataset.tone === tone) return;
  link.dataset.tone = tone;
  link.href = "data:image/svg+xml," + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="8" y="2" width="16" height="28" rx="4" fill="#' + color +
    '"/><path d="' + path + '" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>');
}
