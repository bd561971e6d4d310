// The curves of runs as numbers: what is drawn of each, and the band of several seeds.

import { toAxis } from "../../lib/axes.js";

/** @import { Axis, Training } from "../../lib/axes.js" */
/** @import { Epoch, Estimates } from "../../lib/stream.js" */

/** @typedef {Pick<Epoch, "samples_seen" | "epoch" | "seconds" | "val_loss" | "val_accuracy" | "test_accuracy" | "train_accuracy">} EpochFigures */

/**
 * What is known of a run: fetched, or of its stream.
 *
 * @typedef {object} Curves
 * @property {Training["status"] & { state: string }} status
 * @property {{ samples_seen: number[], smoothed: number[] }} points of the training loss
 * @property {Estimates} estimates
 * @property {EpochFigures[]} epochs
 */

/** @typedef {{ name: string, configuration: string, active: boolean }} Fetched what else a run's fetched curves say */
/** @typedef {{ x: number[], y: number[] }} Series */
/** @typedef {"train" | "val"} LossOf */
/** @typedef {"train" | "val" | "test"} AccuracyOf */

const MAX_POINTS = 200; // of a curve
const QUARTILES_FROM = 5; // seeds; of fewer, the band has all of them

/**
 * @param {Curves} curves
 * @param {LossOf} of
 * @param {Axis} axis
 * @returns {Series}
 */
export function lossSeries(curves, of, axis) {
  if (of === "val") return epochSeries(curves, "val_loss", axis);
  const { samples_seen, smoothed } = curves.points;
  const rows = thinned(samples_seen.length);
  return {
    x: rows.map((row) => toAxis(samples_seen[row], axis, curves)),
    y: rows.map((row) => smoothed[row]),
  };
}

/**
 * @param {Curves} curves
 * @param {AccuracyOf} of
 * @param {Axis} axis
 */
export const accuracySeries = (curves, of, axis) => epochSeries(curves, `${of}_accuracy`, axis);

/**
 * @param {Curves} curves
 * @param {"val_loss" | "val_accuracy" | "test_accuracy" | "train_accuracy"} figure
 * @param {Axis} axis
 * @returns {Series}
 */
function epochSeries(curves, figure, axis) {
  const known = curves.epochs.filter((epoch) => epoch[figure] !== null);
  return {
    x: known.map((epoch) => toAxis(epoch.samples_seen, axis, curves)),
    y: known.map((epoch) => /** @type {number} */ (epoch[figure])),
  };
}

/**
 * The estimates where there are no figures of whole epochs: up to the first one, and from the last
 * one on. Each part begins or ends with that figure.
 *
 * @param {Curves} curves
 * @param {AccuracyOf} of
 * @param {Axis} axis
 * @returns {Series[]}
 */
export function estimateSeries(curves, of, axis) {
  const { samples_seen, accuracy } = curves.estimates;
  const figures = curves.epochs.flatMap((epoch) => {
    const y = epoch[/** @type {const} */ (`${of}_accuracy`)];
    return y === null ? [] : [{ samples: epoch.samples_seen, y }];
  });
  const estimates = samples_seen.map((samples, i) => ({ samples, y: accuracy[i] }));
  const first = figures.at(0), last = figures.at(-1);
  const before = estimates.filter(({ samples }) => !first || samples < first.samples);
  const after = estimates.filter(({ samples }) => last && samples > last.samples);
  const parts = [
    first && before.length ? [...before, first] : before,
    last && after.length ? [last, ...after] : after,
  ];
  return parts.map((points) => ({
    x: points.map(({ samples }) => toAxis(samples, axis, curves)),
    y: points.map(({ y }) => y),
  }));
}

/**
 * Evenly spaced rows, with the first and the last.
 *
 * @param {number} count
 */
export function thinned(count) {
  const stride = Math.max(1, Math.ceil(count / MAX_POINTS)), rows = [];
  for (let row = 0; row < count - 1; row += stride) rows.push(row);
  return count ? [...rows, count - 1] : rows;
}

/**
 * The median of several seeds with the band around it, at the x-values of the longest of them: from
 * the lowest to the highest seed, or from five seeds on between the quartiles. Of an even number,
 * the median is the lower one in the middle: a value that a seed had.
 *
 * @param {Series[]} seeds
 */
export function seedBand(seeds) {
  const { x } = seeds.reduce((a, b) => b.x.length > a.x.length ? b : a);
  /** @type {{ x: number[], median: number[], low: number[], high: number[], values: number[][] }} */
  const band = { x: [], median: [], low: [], high: [], values: [] };
  for (const at of x) {
    const values = seeds.map((each) => valueAt(each, at)).filter((y) => y !== null);
    const sorted = [...values].sort((a, b) => a - b), last = sorted.length - 1;
    if (sorted.length < 2) continue; // the others are not so far yet
    const outside = sorted.length >= QUARTILES_FROM ? Math.floor(last / 4) : 0;
    band.x.push(at);
    band.median.push(sorted[Math.floor(last / 2)]);
    band.low.push(sorted[outside]);
    band.high.push(sorted[last - outside]);
    band.values.push(values);
  }
  return band;
}

/**
 * The value at `at`, interpolated; null: outside of the curve.
 *
 * @param {Series} series
 * @param {number} at
 */
export function valueAt({ x, y }, at) {
  let next = x.findIndex((each) => each >= at);
  if (next < 0 || (next === 0 && x[0] > at)) return null;
  if (x[next] === at) return y[next];
  next = Math.max(1, next);
  const share = (at - x[next - 1]) / (x[next] - x[next - 1]);
  return y[next - 1] + share * (y[next] - y[next - 1]);
}
