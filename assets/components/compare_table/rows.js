// The rows of a table of runs: their order, and how values are written.

import { formatCount, formatPercent } from "../../lib/numbers.js";

/** @typedef {string | number | boolean | null} Value */
/** @typedef {{ runs: string[], values: Value[] }} Row the runs that it stands for */
/** @typedef {{ column: number, descending: boolean }} Order */

const NOTHING = "–";
const DIGITS = 6; // of a setting
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
/** @type {[Intl.RelativeTimeFormatUnit, number][]} with their seconds */
const UNITS = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], [
  "minute",
  60,
]];

/**
 * The rows in an order; those without a value are last in both directions.
 *
 * @param {Row[]} rows
 * @param {Order | null} order null: as they are
 */
export function inOrder(rows, order) {
  if (!order) return rows;
  const { column, descending } = order;
  return rows.toSorted((first, second) => {
    const a = first.values[column], b = second.values[column];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const sign = typeof a === "string" ? compareTexts(a, String(b)) : Number(a) - Number(b);
    return descending ? -sign : sign;
  });
}

/**
 * Numbers in texts count as such, those with a decimal point too: "rate 0.03" is before "rate 0.1".
 *
 * @param {string} a
 * @param {string} b
 */
function compareTexts(a, b) {
  const [first, second] = [a, b].map((text) => text.split(/(\d+(?:\.\d+)?)/)); // odd parts: numbers
  for (let i = 0; i < Math.min(first.length, second.length); i++) {
    const sign = i % 2
      ? Number(first[i]) - Number(second[i])
      : first[i].localeCompare(second[i], "en");
    if (sign) return sign;
  }
  return first.length - second.length;
}

/**
 * The order after a click on the heading of a column: numbers begin with the largest, texts with
 * the first; then the other way round; then none.
 *
 * @param {Order | null} order
 * @param {number} column
 * @param {boolean} isNumber
 * @returns {Order | null}
 */
export function nextOrder(order, column, isNumber) {
  if (order?.column !== column) return { column, descending: isNumber };
  return order.descending === isNumber ? { column, descending: !isNumber } : null;
}

/**
 * A value as text.
 *
 * @param {Value} value
 * @param {string} format as those of Streamlit's columns
 * @param {number} now milliseconds
 */
export function written(value, format, now) {
  if (value === null || value === "") return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (format === "percent") return formatPercent(value, 2);
  if (format === "localized") return formatCount(value);
  if (format === "%.1f") return value.toFixed(1);
  if (format === "distance") return ago((now - value) / 1000);
  return String(Number(value.toPrecision(DIGITS)));
}

/** @param {number} seconds */
function ago(seconds) {
  const [unit, size] = UNITS.find(([_, size]) => seconds >= size) ?? [];
  return unit && size ? RELATIVE.format(-Math.floor(seconds / size), unit) : "just now";
}
