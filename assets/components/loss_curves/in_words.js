// The curves in words, for those who do not see them.

import { formatCount, formatPercent } from "../../lib/numbers.js";

/** @import { Stream } from "../../lib/stream.js" */

/**
 * What the curves show so far.
 *
 * @param {Pick<Stream, "points" | "estimates" | "epochs">} stream
 */
export function inWords({ points, estimates, epochs }) {
  const { samples_seen, smoothed } = points, last = smoothed.length - 1;
  if (last < 0) return "Curves of loss and accuracy: no values yet.";
  const parts = [
    `training loss ${smoothed[0].toFixed(2)} at first, ${smoothed[last].toFixed(2)} after ` +
    `${formatCount(samples_seen[last])} images`,
  ];
  const epoch = epochs.at(-1), estimate = estimates.accuracy.at(-1);
  if (!epoch && estimate !== undefined) parts.push(`accuracy about ${formatPercent(estimate)}`);
  if (epoch?.train_accuracy) parts.push(`training accuracy ${formatPercent(epoch.train_accuracy)}`);
  if (epoch?.val_accuracy) {
    parts.push(`validation accuracy ${formatPercent(epoch.val_accuracy)}`);
  }
  if (epoch?.test_accuracy) parts.push(`test accuracy ${formatPercent(epoch.test_accuracy)}`);
  return `Curves of loss and accuracy: ${parts.join(", ")}.`;
}
