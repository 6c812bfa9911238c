/**
 * Arithmetic of the two nomograms: the same numbers as dlcs_core/models gives, without drawing.
 *
 * A model comes laid out by dlcs_core/report/living_nomogram.py; `values` maps the name of each
 * variable to its value.
 */

const Z975 = 1.959963984540054;
const PROBABILITY_MARGIN = 1e-6;

/** Log odds of a probability, kept away from 0 and 1 so that it stays finite. */
export function logit(probability) {
  const inside = Math.min(Math.max(probability, PROBABILITY_MARGIN), 1 - PROBABILITY_MARGIN);
  return Math.log(inside / (1 - inside));
}

/** Probability of log odds, without overflow. */
export function sigmoid(logOdds) {
  return 0.5 * (1 + Math.tanh(0.5 * logOdds));
}

/** What a value adds to the linear predictor. */
export function contribution(term, value) {
  if (term.levels.length) return levelOf(term, value).contribution;
  return term.coefficient * scaled(term, value);
}

function levelOf(term, value) {
  const level = term.levels.find((one) => one.value === value);
  if (!level) throw new Error(`no such level of ${term.variable}`);
  return level;
}

function scaled(term, value) {
  return term.scale === "logit" ? logit(value) : value;
}

/** Points of a value on its line: 0 at the line's smallest contribution. */
export function pointsOf(nomogram, term, value) {
  return (contribution(term, value) - term.lowest) * nomogram.points_per_unit;
}

/** Value at some points of a continuous variable's line. */
export function valueAt(nomogram, term, points) {
  const reached = points / nomogram.points_per_unit + term.lowest;
  const value = reached / term.coefficient;
  return term.scale === "logit" ? sigmoid(value) : value;
}

/** Dots, total points and linear predictor. */
export function read(nomogram, values) {
  const points = nomogram.terms.map((term) => pointsOf(nomogram, term, values[term.variable]));
  const total = points.reduce((sum, one) => sum + one, 0);
  return { points, total, linearPredictor: nomogram.lowest + total / nomogram.points_per_unit };
}

/** Design columns of the terms, `first` of them before the terms' own being left at 1. */
function designRow(nomogram, values, first) {
  const row = new Array(nomogram.covariance.length).fill(0);
  for (let i = 0; i < first; i += 1) row[i] = 1;
  for (const term of nomogram.terms) {
    const value = values[term.variable];
    if (!term.levels.length) row[term.column] = scaled(term, value);
    else {
      const place = term.levels.findIndex((one) => one.value === value);
      if (place > 0) row[term.column + place - 1] = 1;
    }
  }
  return row;
}

function quadraticForm(row, matrix) {
  let sum = 0;
  for (let i = 0; i < row.length; i += 1) {
    if (row[i] === 0) continue;
    for (let j = 0; j < row.length; j += 1) sum += row[i] * matrix[i][j] * row[j];
  }
  return sum;
}

/** Probability of good response, with its interval where one is shown. */
export function respond(model, values) {
  const found = read(model.nomogram, values);
  const original = sigmoid(found.linearPredictor);
  const probability = sigmoid(model.local_intercept + model.local_slope * logit(original));
  const result = { ...found, original, probability, low: null, high: null };
  const interval = model.interval;
  if (interval === null) return result;
  const row = designRow(model.nomogram, values, 1);
  const variance = quadraticForm(row, model.nomogram.covariance) + interval.fold_variance;
  const spread = interval.residual_variance + interval.inflation * variance;
  const half = interval.quantile * Math.sqrt(spread);
  const center = interval.shift + interval.slope * found.linearPredictor;
  result.low = Math.min(sigmoid(center - half), original);
  result.high = Math.max(sigmoid(center + half), original);
  return result;
}

/** Survival over the months of the curve, with log-log limits, and the risk group. */
export function survive(model, values) {
  const found = read(model.nomogram, values);
  const ratio = Math.exp(found.linearPredictor);
  const centered = designRow(model.nomogram, values, 0).map((cell, i) => cell - model.means[i]);
  const curve = model.months.map((month, i) => survivalAt(model, i, month, ratio, centered));
  const group = found.linearPredictor > model.risk_cutoff ? "high" : "low";
  return { ...found, curve, group };
}

function survivalAt(model, i, month, ratio, centered) {
  const hazard = ratio * model.hazard[i];
  const survival = Math.exp(-hazard);
  if (!(survival > 0 && survival < 1)) return { month, survival, low: null, high: null };
  const q = centered.map((cell, j) => model.weighted_mean[i][j] - model.hazard[i] * cell);
  const variance = model.variance[i] + quadraticForm(q, model.nomogram.covariance);
  const spread = Math.exp((Z975 * ratio * Math.sqrt(variance)) / hazard);
  return { month, survival, low: Math.exp(-hazard * spread), high: Math.exp(-hazard / spread) };
}
