// The axes of all charts of loss and accuracy: their options, images seen as epochs or as seconds of
// training, and the range of the loss.

import { find } from "./dom.js";
import { remember } from "./remembered.js";

/** @import { Epoch, Status } from "./stream.js" */
/** @import { Theme } from "./theme.js" */

/** @typedef {Pick<Epoch, "epoch" | "samples_seen" | "seconds">} Ended */

/**
 * @typedef {object} Training
 * @property {Ended[]} epochs those that have ended
 * @property {Pick<Status, "samples_seen" | "seconds" | "step" | "total_steps" | "epochs">} status
 */

/** @typedef {keyof typeof AXIS_TITLES} Axis */

const AXIS_TITLES = {
  samples_seen: "images seen",
  epochs: "epochs",
  seconds: "seconds of training",
};

/**
 * The fields below a chart that say how it is drawn, as they were the last time on any page.
 *
 * @param {ParentNode} parent
 * @param {() => void} changed
 */
export function axisOptions(parent, changed) {
  const choice = find(parent, "[name=axis]", HTMLSelectElement);
  const log = find(parent, "[name=log]", HTMLInputElement);
  const logX = find(parent, "[name=log-x]", HTMLInputElement);
  remember(choice, "digitscope-curves-axis");
  remember(log, "digitscope-curves-log");
  remember(logX, "digitscope-curves-log-x");
  choice.onchange = log.onchange = logX.onchange = changed;
  return () => ({
    axis: /** @type {Axis} */ (choice.value),
    log: log.checked,
    logX: logX.checked,
  });
}

/**
 * Plotly's axes: the loss above the accuracy.
 *
 * @param {Theme} theme
 * @param {{ axis: Axis, log: boolean, logX: boolean }} options
 */
export function plotlyAxes({ panel }, { axis, log, logX }) {
  const common = { gridcolor: panel, zeroline: false };
  /** @param {boolean} isLog */
  const type = (isLog) => isLog ? { type: "log", dtick: 1 } : { rangemode: "tozero" };
  return {
    xaxis: { ...common, anchor: "y2", title: { text: AXIS_TITLES[axis] }, ...type(logX) },
    yaxis: { ...common, domain: [0.56, 1], title: { text: "loss" }, ...type(log) },
    yaxis2: {
      ...common,
      domain: [0, 0.48],
      title: { text: "accuracy" },
      tickformat: ".1~%",
      range: [0, 1.03], // all of a marker at 100 % is seen
    },
  };
}

/**
 * Images seen → the value on the axis.
 *
 * @param {number} samples
 * @param {Axis} axis
 * @param {Training} training
 */
export function toAxis(samples, axis, training) {
  if (axis === "samples_seen") return samples;
  return axis === "epochs" ? toEpochs(samples, training) : toSeconds(samples, training);
}

/**
 * Images seen in the whole run; all epochs have as many.
 *
 * @param {Training} training
 */
export function totalSamples({ epochs, status }) {
  if (epochs.length) return (epochs[0].samples_seen / epochs[0].epoch) * status.epochs;
  return (status.samples_seen / status.step) * status.total_steps;
}

/**
 * Images seen → epochs.
 *
 * @param {number} samples
 * @param {Training} training
 */
export const toEpochs = (samples, training) =>
  (samples * training.status.epochs) / totalSamples(training);

/**
 * Images seen → seconds of training: known at the end of each epoch and now, interpolated between.
 *
 * @param {number} samples
 * @param {Training} training
 */
export function toSeconds(samples, { epochs, status }) {
  const known = [{ samples_seen: 0, seconds: 0 }, ...epochs, status];
  const next = Math.max(1, known.findIndex((each) => each.samples_seen >= samples));
  const [a, b] = [known[next - 1], known[next]];
  const share = (samples - a.samples_seen) / (b.samples_seen - a.samples_seen || 1);
  return a.seconds + share * (b.seconds - a.seconds);
}

/**
 * The range of a linear axis for losses of which the last one diverged: that one leaves it at the
 * top, and what was before stays readable.
 *
 * @param {number[]} losses
 */
export function divergedRange(losses) {
  const first = losses[0] ?? 1;
  return [0, 1.2 * Math.min(4 * first, Math.max(first, ...losses.slice(0, -1)))];
}
