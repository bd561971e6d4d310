// The arithmetic of the timeline: where images, losses and accuracies lie, and what keys do.

/**
 * Images seen → pixels, logarithmic. The untrained network, with none, lies at the left end.
 *
 * @param {number[]} kept images seen at each kept snapshot
 * @param {number} newest images seen by now, used when none is kept
 * @param {number} left pixels
 * @param {number} width pixels
 * @returns {(samplesSeen: number) => number}
 */
export function logScale(kept, newest, left, width) {
  const end = Math.max(2, kept.at(-1) ?? newest);
  const start = Math.max(1, (kept[1] ?? 1) / 2);
  const span = Math.log(end / start || 2);
  return (samplesSeen) => left + (width * Math.log(Math.max(samplesSeen, start) / start)) / span;
}

/**
 * An accuracy's height, 0–1, by the logarithm of its error rate: from 90 to 99 % is as far as
 * from 0 to 90 %. 99.5 % is the top.
 *
 * @param {number} accuracy 0–1
 */
export const accuracyHeight = (accuracy) =>
  Math.min(1, -Math.log10(Math.max(1 - accuracy, 0.005)) / 2.3);

/**
 * The index of the number nearest to the target.
 *
 * @param {number[]} numbers
 * @param {number} target
 */
export function nearestIndex(numbers, target) {
  const distances = numbers.map((number) => Math.abs(number - target));
  return distances.indexOf(Math.min(...distances));
}

/**
 * Powers of ten to label, those that lie far enough inside.
 *
 * @param {(samplesSeen: number) => number} scale
 * @param {number} from pixels
 * @param {number} to pixels
 */
export const ticks = (scale, from, to) =>
  [1e2, 1e3, 1e4, 1e5, 1e6, 1e7].filter((tick) => scale(tick) > from && scale(tick) < to);

/**
 * Where a key moves the handle; undefined: it is none of the slider's keys.
 *
 * @param {string} key
 * @param {number} index of the selected snapshot
 * @param {number} count of snapshots
 * @returns {number | undefined}
 */
export function indexAfterKey(key, index, count) {
  /** @type {Record<string, number>} */
  const moves = {
    ArrowLeft: index - 1,
    ArrowDown: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index + 1,
    PageDown: index - 10,
    PageUp: index + 10,
    Home: 0,
    End: count - 1,
  };
  return moves[key];
}
