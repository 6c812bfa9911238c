/** The survival curve that belongs to the dots, with its log-log band. */

import { label, line, svg } from "./svg.js";
import { fill, ofHundred } from "./words.js";

const HEIGHT = 210;
const LEFT = 46;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 38;

/** Draw axes into `host`; returns `update(curve, hypothetical)`. */
export function drawCurve(host, model, words) {
  const width = Math.min(Math.max(host.clientWidth, 360), 640);
  const last = model.months[model.months.length - 1];
  const x = (month) => LEFT + (month / last) * (width - LEFT - RIGHT);
  const y = (survival) => TOP + (1 - survival) * (HEIGHT - TOP - BOTTOM);
  const root = svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img" });
  drawAxes(root, { x, y, last, width }, words);
  const band = svg("path", { class: "band" });
  const steps = svg("path", { class: "curve" });
  root.append(band, steps);
  host.replaceChildren(root);
  return (curve) => {
    steps.setAttribute("d", stepPath(curve.map((one) => [x(one.month), y(one.survival)])));
    band.setAttribute("d", bandPath(curve, x, y));
    root.setAttribute("aria-label", spoken(curve, model, words));
  };
}

function drawAxes(root, { x, y, last, width }, words) {
  for (const survival of [0, 0.25, 0.5, 0.75, 1]) {
    root.append(line(LEFT, y(survival), width - RIGHT, y(survival), "grid"));
    const text = `${survival * 100}%`;
    root.append(label(LEFT - 6, y(survival) + 4, text, { class: "tick", "text-anchor": "end" }));
  }
  for (let month = 0; month <= last; month += 6) {
    const at = { class: "tick", "text-anchor": "middle" };
    root.append(line(x(month), y(0), x(month), y(0) + 4, "axis"));
    root.append(label(x(month), y(0) + 16, String(month), at));
  }
  const at = { class: "tick", "text-anchor": "middle" };
  root.append(label((LEFT + width - RIGHT) / 2, HEIGHT - 4, words.months, at));
}

function stepPath(points) {
  return points.map(([x, y], i) => (i ? `H${x.toFixed(1)} V${y.toFixed(1)}` : `M${x} ${y}`)).join(" ");
}

function bandPath(curve, x, y) {
  const inside = curve.filter((one) => one.low !== null);
  if (!inside.length) return "";
  const upper = stepPath(inside.map((one) => [x(one.month), y(one.high)]));
  const lower = inside.map((one) => [x(one.month), y(one.low)]).reverse();
  const back = lower.map(([px, py], i) => (i ? `V${py.toFixed(1)} H${px.toFixed(1)}` : `L${px} ${py}`));
  return `${upper} ${back.join(" ")} Z`;
}

function spoken(curve, model, words) {
  const at = model.horizons_months.map((month) => curve.find((one) => one.month === month));
  const parts = at.map((one) =>
    fill(words.at_month, { month: one.month, percent: `${ofHundred(one.survival)}%` }),
  );
  return `${words.survival}: ${parts.join(", ")}`;
}
