// How numbers are written, the same in all components.

const GROUPED = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });

/** 29784 → "29,784" @param {number} count */
export const formatCount = (count) => GROUPED.format(count);

/** 29784 → "30K" @param {number} count */
export const formatCompact = (count) => COMPACT.format(count);

/**
 * 0.974 → "97.4 %". A share that is neither 0 nor 1 is never written as if it were.
 *
 * @param {number} share 0–1
 * @param {number} [digits] after the decimal point
 */
export function formatPercent(share, digits = 1) {
  const smallest = 10 ** -digits;
  const percent = 100 * share;
  if (percent > 0 && percent < smallest / 2) return `< ${smallest} %`;
  if (percent < 100 && percent > 100 - smallest / 2) {
    return `> ${(100 - smallest).toFixed(digits)} %`;
  }
  return `${percent.toFixed(digits)} %`;
}

/**
 * Two significant digits, or all before the decimal point: 0.0312 → "0.031", −1234.5 → "−1,235".
 *
 * @param {number} value
 */
export function formatWeight(value) {
  const size = Math.abs(value);
  if (!size) return "0";
  const sign = value < 0 ? "−" : "";
  if (size < 0.001) return sign + size.toExponential(1);
  return sign + (size >= 100 ? formatCount(Math.round(size)) : size.toPrecision(2));
}
