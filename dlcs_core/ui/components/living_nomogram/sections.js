/** The two models as they stand on the page: the result in words, the lines, the curve. */

import { drawCurve } from "./curve.js";
import { drawNomogram } from "./lines.js";
import { respond, survive } from "./model.js";
import { html } from "./svg.js";
import { fill, ofHundred } from "./words.js";

/** Draw the response model into `host`; returns `update(values, moved)`. */
export function drawResponse(host, model, words, onMove) {
  const { result, draw } = drawFrame(host, model, words, "response", onMove);
  return (values, moved) => {
    const found = respond(model, values);
    const points = found.total.toFixed(0);
    const sentence = moved ? words.response_moved : words.response_own;
    const parts = [fill(sentence, { points, percent: `${ofHundred(found.probability)}%` })];
    if (found.low !== null) {
      const limits = { low: ofHundred(found.low), high: ofHundred(found.high) };
      parts.push(fill(words.interval, limits));
    }
    result.textContent = parts.join(" ");
    keep(result, found, found.probability);
    draw(values, found, [points, `${ofHundred(found.original)}%`]);
  };
}

/** Draw the survival model into `host`; returns `update(values, moved)`. */
export function drawSurvival(host, model, words, onMove) {
  const { result, draw } = drawFrame(host, model, words, "survival", onMove);
  const extra = html("div", { class: "extra" });
  host.append(extra);
  const curve = drawCurve(extra, model, words);
  return (values, moved) => {
    const found = survive(model, values);
    const points = found.total.toFixed(0);
    const at = model.horizons_months.map((month) => found.curve.find((one) => one.month === month));
    const texts = at.map((one) => `${ofHundred(one.survival)}%`);
    const months = at.map((one, i) => fill(words.at_month, { month: one.month, percent: texts[i] }));
    const sentence = moved ? words.survival_moved : words.survival_own;
    result.textContent = fill(sentence, { points, months: months.join(words.separator) });
    keep(result, found, at[at.length - 1].survival);
    draw(values, found, [points, ...texts]);
    curve(found.curve);
  };
}

function drawFrame(host, model, words, kind, onMove) {
  const result = html("p", { class: "result", "data-result": kind });
  const lines = html("div", { class: "lines" });
  host.append(html("h4", {}, words[kind]), result, lines);
  const named = { ...words, title: words[kind], outcome: words[`${kind}_outcome`] };
  return { result, draw: drawNomogram(lines, model.nomogram, named, onMove) };
}

/** Keep the exact numbers beside their words, for whoever reads the page by program. */
function keep(element, found, probability) {
  element.dataset.points = String(found.total);
  element.dataset.linearPredictor = String(found.linearPredictor);
  element.dataset.probability = String(probability);
}
