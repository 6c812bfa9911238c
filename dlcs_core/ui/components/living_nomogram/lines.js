/** One nomogram as SVG: its lines, and dots that can be moved by pointer and arrow keys. */

import { pointsOf, valueAt } from "./model.js";
import { label, line, svg } from "./svg.js";
import { fill, ofHundred, spokenValue, valueText } from "./words.js";

const ROW_PX = 46;
const TOP_PX = 26;
const RIGHT_PX = 30;
const MOST_POINTS = 100;
const PX_PER_CHARACTER = 6.6;

/** Draw a nomogram into `host`; returns `update(values, reading, texts below the total)`. */
export function drawNomogram(host, nomogram, words, onMove) {
  const width = Math.max(host.clientWidth, 420);
  const rows = rowsOf(nomogram, words);
  const left = Math.min(widest(rows.map((row) => row.name)) + 26, width * 0.45);
  const place = (share) => left + (share / MOST_POINTS) * (width - left - RIGHT_PX);
  const height = TOP_PX + ROW_PX * rows.length;
  const root = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
  root.setAttribute("aria-label", words.title);
  rows.forEach((row, i) => drawRow(root, row, TOP_PX + ROW_PX * i, place, left));
  const dots = nomogram.terms.map((term, i) =>
    movableDot(root, nomogram, term, TOP_PX + ROW_PX * (i + 1), { place, width, left }, onMove),
  );
  const totals = rows
    .slice(nomogram.terms.length + 1)
    .map((row, i) => fixedDot(root, TOP_PX + ROW_PX * (nomogram.terms.length + 1 + i)));
  host.replaceChildren(root);
  return (values, reading, texts) => {
    dots.forEach((dot, i) => dot(values[nomogram.terms[i].variable], reading.points[i]));
    const share = (reading.total / nomogram.most_total_points) * MOST_POINTS;
    totals.forEach((dot, i) => dot(place(Math.min(Math.max(share, 0), MOST_POINTS)), texts[i]));
  };
}

/** Width of the widest name; a Chinese character takes two Latin ones' place. */
function widest(names) {
  const characters = names.map((name) => [...name].reduce((n, c) => n + (c > "\u2e80" ? 2 : 1), 0));
  return Math.max(...characters) * PX_PER_CHARACTER;
}

function rowsOf(nomogram, words) {
  const tens = Array.from({ length: 11 }, (_, i) => 10 * i);
  const rows = [{ name: words.points, ticks: tens.map((p) => [p, String(p)]) }];
  for (const term of nomogram.terms) rows.push({ name: named(term), ticks: ticksOf(nomogram, term) });
  const most = nomogram.most_total_points;
  const step = [10, 20, 50, 100].find((one) => most / one <= 12) ?? 100;
  const totals = [];
  for (let p = 0; p <= most; p += step) totals.push([(p / most) * MOST_POINTS, String(p)]);
  rows.push({ name: words.total_points, ticks: totals });
  for (const axis of nomogram.outcome) {
    const ticks = axis.total_points.map((total, i) => [
      (total / most) * MOST_POINTS,
      `${ofHundred(axis.probabilities[i])}%`,
    ]);
    rows.push({ name: fill(words.outcome, { month: axis.horizon_months }), ticks });
  }
  return rows;
}

function named(term) {
  return term.unit ? `${term.name} (${term.unit})` : term.name;
}

function ticksOf(nomogram, term) {
  const values = term.levels.length ? term.levels.map((one) => one.value) : term.ticks;
  return values.map((value) => [pointsOf(nomogram, term, value), valueText(term, value)]);
}

function drawRow(root, row, y, place, left) {
  root.append(label(left - 14, y + 4, row.name, { class: "name", "text-anchor": "end" }));
  const places = row.ticks.map(([share]) => place(share));
  if (!places.length) return;
  root.append(line(Math.min(...places), y, Math.max(...places), y, "axis"));
  let lastEnd = -Infinity;
  for (const [share, text] of [...row.ticks].sort((a, b) => a[0] - b[0])) {
    const x = place(share);
    const half = (PX_PER_CHARACTER * text.length) / 2 + 2;
    root.append(line(x, y - 4, x, y + 4, "axis"));
    if (x - half < lastEnd) continue;
    root.append(label(x, y - 8, text, { class: "tick", "text-anchor": "middle" }));
    lastEnd = x + half;
  }
}

function fixedDot(root, y) {
  const mark = svg("circle", { r: 5.5, cy: y, class: "outcome-dot" });
  const text = label(0, y + 18, "", { class: "dot-text", "text-anchor": "middle" });
  root.append(mark, text);
  return (x, shown) => {
    mark.setAttribute("cx", x.toFixed(1));
    text.setAttribute("x", x.toFixed(1));
    text.textContent = shown;
  };
}

function movableDot(root, nomogram, term, y, frame, onMove) {
  const mark = svg("path", { class: "dot" });
  const text = label(0, y + 19, "", { class: "dot-text", "text-anchor": "middle" });
  const hold = svg("g", { tabindex: 0, role: "slider", "aria-label": term.name, class: "hold" });
  const [low, high] = rangeOf(term);
  hold.setAttribute("aria-valuemin", String(low));
  hold.setAttribute("aria-valuemax", String(high));
  hold.append(svg("circle", { r: 14, class: "halo" }), mark, text);
  root.append(hold);
  let current = null;
  const move = (value) => value !== current && onMove(term.variable, value);
  hold.onkeydown = (event) => {
    const next = afterKey(term, current, event.key);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(next);
  };
  hold.onpointerdown = (event) => {
    hold.setPointerCapture(event.pointerId);
    hold.focus();
    event.preventDefault();
  };
  hold.onpointermove = (event) => {
    if (!hold.hasPointerCapture(event.pointerId)) return;
    move(nearest(nomogram, term, shareUnder(event, root, frame)));
  };
  return (value, points) => {
    current = value;
    const inside = Math.min(Math.max(points, 0), MOST_POINTS);
    const x = frame.place(inside);
    mark.setAttribute("d", markPath(x, y, Math.sign(points - inside)));
    hold.firstChild.setAttribute("cx", x.toFixed(1));
    hold.firstChild.setAttribute("cy", String(y));
    text.setAttribute("x", x.toFixed(1));
    text.textContent = valueText(term, value);
    hold.setAttribute("aria-valuenow", String(indexOrValue(term, value)));
    hold.setAttribute("aria-valuetext", spokenValue(term, value));
  };
}

function markPath(x, y, beyond) {
  if (beyond) return `M${x + 8 * beyond} ${y} L${x - 5 * beyond} ${y - 7} L${x - 5 * beyond} ${y + 7} Z`;
  const r = 6.5;
  return `M${x - r} ${y} a${r} ${r} 0 1 0 ${2 * r} 0 a${r} ${r} 0 1 0 ${-2 * r} 0 Z`;
}

function shareUnder(event, root, frame) {
  const box = root.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * frame.width;
  return ((x - frame.left) / (frame.width - frame.left - RIGHT_PX)) * MOST_POINTS;
}

/** Value of a term nearest to some points of its line, on the line and in whole steps. */
export function nearest(nomogram, term, points) {
  if (term.levels.length) {
    const far = (one) => Math.abs(pointsOf(nomogram, term, one.value) - points);
    return term.levels.reduce((best, one) => (far(one) < far(best) ? one : best)).value;
  }
  if (!term.coefficient) return term.ticks[0];
  return inSteps(term, valueAt(nomogram, term, points));
}

function rangeOf(term) {
  return term.levels.length ? [0, term.levels.length - 1] : [term.low, term.high];
}

function indexOrValue(term, value) {
  return term.levels.length ? term.levels.findIndex((one) => one.value === value) : value;
}

function inSteps(term, value) {
  const [low, high] = rangeOf(term);
  const stepped = Math.round(Math.min(Math.max(value, low), high) / term.step) * term.step;
  return Number(Math.min(Math.max(stepped, low), high).toFixed(6));
}

/**
 * Value after a key; undefined for keys that move nothing.
 *
 * Left and right follow the line as it is drawn, up and down the value.
 */
export function afterKey(term, value, key) {
  return term.levels.length ? levelAfterKey(term, value, key) : numberAfterKey(term, value, key);
}

const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const ALONG = { ArrowRight: 1, ArrowLeft: -1 };

function numberAfterKey(term, value, key) {
  if (key === "Home") return term.low;
  if (key === "End") return term.high;
  const steps = key in ALONG ? ALONG[key] * (term.coefficient < 0 ? -1 : 1) : STEPS[key];
  return steps === undefined ? undefined : inSteps(term, value + steps * term.step);
}

function levelAfterKey(term, value, key) {
  const along = [...term.levels].sort((a, b) => a.contribution - b.contribution);
  const levels = key in ALONG ? along : term.levels;
  const step = Math.sign(ALONG[key] ?? STEPS[key] ?? 0);
  const ends = { Home: 0, End: levels.length - 1 };
  if (!step && !(key in ends)) return undefined;
  const reached = ends[key] ?? levels.findIndex((one) => one.value === value) + step;
  return levels[Math.min(Math.max(reached, 0), levels.length - 1)].value;
}
