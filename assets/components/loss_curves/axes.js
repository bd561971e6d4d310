// The axes of the curves: images seen as epochs or as seconds of training; the range of the loss.

/** @import { Epoch, Status } from "../../lib/stream.js" */

/**
 * @typedef {object} Training
 * @property {Epoch[]} epochs those that have ended
 * @property {Status} status
 */

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
