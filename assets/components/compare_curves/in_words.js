// The curves in words, for those who do not see them.

import { formatPercent } from "../../lib/numbers.js";

/** @import { Curves } from "./series.js" */
/** @import { Line } from "./traces.js" */

const MAX_NAMED = 5;

/**
 * The runs with the highest accuracy so far, best first.
 *
 * @param {Line[]} lines
 * @param {ReadonlyMap<string, Curves>} curves
 */
export function inWords(lines, curves) {
  const runs = lines.flatMap((line) => line.runs);
  const rated = runs.flatMap(({ id, name }) => {
    const accuracy = lastAccuracy(curves.get(id));
    return accuracy === null ? [] : [{ name, accuracy }];
  }).sort((a, b) => b.accuracy - a.accuracy);
  const start = `Curves of loss and accuracy of ${
    runs.length === 1 ? "1 run" : `${runs.length} runs`
  }`;
  if (!rated.length) return `${start}: no accuracies yet.`;
  const named = rated.slice(0, MAX_NAMED);
  const list = named.map(({ name, accuracy }) => `${name} ${formatPercent(accuracy, 2)}`).join(
    ", ",
  );
  return `${start}. Highest test accuracy: ${list}.`;
}

/**
 * The last test accuracy of a run.
 *
 * @param {Curves | undefined} curves
 */
export const lastAccuracy = (curves) => curves?.epochs.at(-1)?.test_accuracy ?? null;
