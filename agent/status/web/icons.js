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
