// Several runs at one number of images seen: which snapshot of each, and how accurate it was.

import { formatPercent } from "../../lib/numbers.js";

/** @import { Epoch, Estimates } from "../../lib/stream.js" */

/**
 * The images seen at which the timeline stops: those of any run's kept snapshots, in order and, of
 * those that are close together on its logarithmic axis, only one.
 *
 * @param {number[][]} kept images seen at the kept snapshots of each run
 * @param {number} max stops, about
 */
export function stops(kept, max) {
  const all = [...new Set(kept.flat())].sort((a, b) => a - b);
  const last = all.at(-1) ?? 0;
  const ratio = (last / (all.find((count) => count > 0) ?? 1)) ** (1 / max);
  const found = all.slice(0, 1);
  for (const count of all.slice(1)) {
    if (count >= ratio * (found.at(-1) ?? 0)) found.push(count);
  }
  if (all.length && found.at(-1) !== last) found.push(last);
  return found;
}

/**
 * The index of the last of the rising numbers that is at most the limit; 0 if none is.
 *
 * @param {number[]} numbers
 * @param {number} limit
 */
export const lastUpTo = (numbers, limit) =>
  Math.max(0, numbers.findLastIndex((number) => number <= limit));

/**
 * The accuracy at that number of images seen in words: the test accuracy at the end of an epoch, or
 * a later estimate; "" before both.
 *
 * @param {{ epochs: Epoch[], estimates: Estimates }} run
 * @param {number} images
 */
export function accuracyAt({ epochs, estimates }, images) {
  const epoch = epochs.findLast((each) => each.samples_seen <= images);
  const latest = estimates.samples_seen.findLastIndex((count) => count <= images);
  const isEstimate = latest >= 0 &&
    (!epoch || epoch.test_accuracy === null || estimates.samples_seen[latest] > epoch.samples_seen);
  if (isEstimate) return `about ${formatPercent(estimates.accuracy[latest], 0)} accuracy`;
  return epoch?.test_accuracy == null ? "" : `${formatPercent(epoch.test_accuracy)} test accuracy`;
}
