/** Numbers as they are written; the same rules as dlcs_core/figures/icon_array.py. */

/** Whole patients of 100; what is possible is never written as never. */
export function ofHundred(probability) {
  const number = Math.floor(probability * 100 + 0.5);
  if (number === 0 && probability > 0) return "<1";
  if (number === 100 && probability < 1) return ">99";
  return String(number);
}

/** A sentence with its values put in. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );
}

/** A value of a term as it stands at its dot. */
export function valueText(term, value) {
  if (term.levels.length) return term.levels.find((one) => one.value === value).label;
  if (term.percent) return `${ofHundred(value)}%`;
  return numberText(term, value);
}

/** A value with its unit, for a reader that cannot see the line. */
export function spokenValue(term, value) {
  const unit = term.levels.length || term.percent || !term.unit ? "" : ` ${term.unit}`;
  return valueText(term, value) + unit;
}

function numberText(term, value) {
  const decimals = Math.max(0, Math.round(-Math.log10(term.step)));
  return String(Number(value.toFixed(Math.max(decimals, 2))));
}
