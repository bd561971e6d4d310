// The axes of parallel coordinates: where a value is on its axis, and back. Positions are from 0, the
// bottom, to 1, the top.

import { formatPercent } from "../../lib/numbers.js";

const MIN_LOG_RATIO = 20; // between the ends of an axis: from here on it is logarithmic
const TICK_GAP = 0.09; // between two ticks, in positions
const PERCENT_TICKS = 5;

/**
 * @typedef {object} Axis see pages/components/parallel_coordinates.py
 * @property {string} label
 * @property {string[] | null} categories their texts, in order; the values of lines are their
 *   indices. null: the values are numbers
 */

/** @typedef {"linear" | "log" | "category" | "percent"} Kind */
/** @typedef {{ kind: Kind, low: number, high: number, categories: string[] }} Scale */
/** @typedef {{ at: number, text: string }} Tick */
/** @typedef {[number, number]} Range positions, the lower first */

/**
 * The scale of a field.
 *
 * @param {Axis} axis
 * @param {number[]} values of all lines
 * @returns {Scale}
 */
export function scaleOf({ categories }, values) {
  if (categories) {
    return { kind: "category", low: 0, high: categories.length - 1, categories };
  }
  const low = Math.min(...values), high = Math.max(...values);
  const kind = low > 0 && high / low >= MIN_LOG_RATIO ? "log" : "linear";
  return { kind, low, high, categories: [] };
}

/**
 * The scale of shares 0–1.
 *
 * @param {number[]} shares
 * @returns {Scale}
 */
export function percentScale(shares) {
  return { kind: "percent", low: Math.min(...shares), high: Math.max(...shares), categories: [] };
}

/**
 * Where a value is. All are in the middle of an axis with only one.
 *
 * @param {Scale} scale
 * @param {number} value
 */
export function positionOf({ kind, low, high }, value) {
  if (low === high) return 0.5;
  if (kind === "log") return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

/**
 * What is at a position, as text; of categories, the nearest.
 *
 * @param {Scale} scale
 * @param {number} at
 */
export function textAt({ kind, low, high, categories }, at) {
  const value = kind === "log" ? low * (high / low) ** at : low + at * (high - low);
  if (kind === "category") return categories[Math.round(value)];
  return kind === "percent" ? formatPercent(value, 2) : String(Number(value.toPrecision(3)));
}

/**
 * The ticks of an axis: at the values that lines have, as far as there is room; the ends are always
 * there.
 *
 * @param {Scale} scale
 * @param {number[]} values of all lines
 * @returns {Tick[]}
 */
export function ticksOf(scale, values) {
  if (scale.kind === "percent" && scale.low < scale.high) {
    return Array.from({ length: PERCENT_TICKS }, (_, i) => {
      const at = i / (PERCENT_TICKS - 1);
      return { at, text: textAt(scale, at) };
    });
  }
  const distinct = scale.kind === "category"
    ? scale.categories.keys()
    : new Set(values.toSorted((a, b) => a - b));
  const ticks = [...distinct].map((value) => {
    const at = positionOf(scale, value);
    return { at, text: textAt(scale, at) };
  });
  const last = ticks[ticks.length - 1];
  /** @type {Tick[]} */
  const kept = [];
  for (const tick of ticks.slice(0, -1)) {
    const before = kept.at(-1);
    if (before && tick.at - before.at < TICK_GAP) continue;
    if (!before || last.at - tick.at >= TICK_GAP) kept.push(tick);
  }
  return [...kept, last];
}

/**
 * Whether a line is within the filters, one of each axis.
 *
 * @param {number[]} positions of the line on each axis
 * @param {(Range | null)[]} filters
 */
export function isWithin(positions, filters) {
  const slack = 1e-9; // for the ends, which are rounded
  return positions.every((at, i) => {
    const range = filters[i];
    return !range || (at >= range[0] - slack && at <= range[1] + slack);
  });
}

/**
 * The end that stays when a drag begins: near an end of the range the other one, else the
 * beginning itself, of a new range.
 *
 * @param {Range | null} range null: the whole axis
 * @param {number} at
 * @param {number} near
 */
export function fixedEnd(range, at, near) {
  const [low, high] = range ?? [0, 1];
  const toLow = Math.abs(at - low), toHigh = Math.abs(at - high);
  if (Math.min(toLow, toHigh) > near) return at;
  return toLow < toHigh ? high : low;
}

/**
 * The range with an end moved; null where it is the whole axis.
 *
 * @param {Range | null} range
 * @param {0 | 1} end
 * @param {number} to
 * @returns {Range | null}
 */
export function moved(range, end, to) {
  const [low, high] = range ?? [0, 1];
  return end ? asRange(low, Math.max(low, to)) : asRange(Math.min(high, to), high);
}

/**
 * The range between two positions; null where it is the whole axis.
 *
 * @param {number} a
 * @param {number} b
 * @returns {Range | null}
 */
export function asRange(a, b) {
  const low = Math.max(0, Math.min(a, b)), high = Math.min(1, Math.max(a, b));
  return low <= 0 && high >= 1 ? null : [low, high];
}

/**
 * The index of the line that passes nearest to a point, none farther than `within` above or below.
 *
 * @param {[number, number][][]} lines the points of each, from left to right, at the same x
 * @param {number} x
 * @param {number} y
 * @param {number} within
 */
export function nearest(lines, x, y, within) {
  let found = -1, least = within;
  lines.forEach((points, i) => {
    const right = Math.max(1, points.findIndex((point) => point[0] >= x));
    const a = points[right - 1], b = points[right];
    if (x < a[0] - within || !b || x > points[points.length - 1][0] + within) return;
    const share = Math.min(1, Math.max(0, (x - a[0]) / (b[0] - a[0])));
    const distance = Math.abs(a[1] + share * (b[1] - a[1]) - y);
    if (distance < least) [found, least] = [i, distance];
  });
  return found;
}
