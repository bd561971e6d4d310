// What the cells of a grid say, and how far the whole grid is.

import { formatPercent } from "../../lib/numbers.js";
import { STATES } from "../run_status/texts.js";

/** @import { Stream } from "../../lib/stream.js" */

const SMALLEST_ERROR = 1e-4; // rate: of one wrong image in 10,000
const ACTIVE = ["queued", "running", "paused"];

/** Whether a run trains or will train. @param {Stream | undefined} stream */
export const isActive = (stream) =>
  Boolean(stream?.status && !stream.goneMessage && ACTIVE.includes(stream.status.state));

/** The test accuracy of a run that has finished; null: it has none. @param {Stream | undefined} stream */
export const resultOf = (stream) =>
  stream?.status?.state === "finished" && !stream.goneMessage ? stream.status.test_accuracy : null;

/**
 * The number of a cell and what it is of.
 *
 * @param {Stream | undefined} stream
 * @returns {{ result: string, note: string }}
 */
export function cellText(stream) {
  if (stream?.goneMessage) return { result: "", note: "Deleted" };
  if (stream?.problem && !stream.status) return { result: "", note: "Not shown" };
  const status = stream?.status;
  if (!stream || !status) return { result: "", note: "" };
  const { state, step, total_steps, test_accuracy, seconds } = status;
  const estimate = stream.estimates.accuracy.at(-1);
  const result = test_accuracy !== null
    ? formatPercent(test_accuracy)
    : estimate !== undefined
    ? `≈ ${Math.round(100 * estimate)} %`
    : "";
  if (state === "running" && total_steps) {
    return { result, note: `${STATES[state]} ${Math.floor(100 * step / total_steps)} %` };
  }
  if (state === "finished") return { result, note: `in ${seconds.toFixed(1)} s` };
  return { result: state === "queued" ? "" : result, note: STATES[state] ?? state };
}

/**
 * Each result as its share of the way from the lowest to the highest, in equal factors of the error
 * rate: from 90 to 99 % is as far as from 0 to 90 %. Else one bad result would make all others look
 * the same.
 *
 * @param {(number | null)[]} results
 * @returns {{ low: number, middle: number, high: number, shares: (number | null)[] } | null} null
 *   without a result
 */
export function scaleOf(results) {
  const numbers = results.filter((result) => result !== null);
  if (!numbers.length) return null;
  const low = Math.min(...numbers), high = Math.max(...numbers);
  const error = (/** @type {number} */ result) => Math.max(SMALLEST_ERROR, 1 - result);
  const span = Math.log(error(low) / error(high));
  const shares = results.map((result) =>
    result === null ? null : span ? Math.log(error(low) / error(result)) / span : 1
  );
  return { low, middle: 1 - Math.sqrt(error(low) * error(high)), high, shares };
}

/**
 * The accuracy curve as points from (0, 0), the start of the run with 0 %, to (1, 1), its end with
 * 99 %, in equal factors of the error rate.
 *
 * @param {Stream | undefined} stream
 * @returns {{ x: number, y: number }[]}
 */
export function curveOf(stream) {
  const status = stream?.status;
  if (!stream || !status?.step) return [];
  const { samples_seen, accuracy } = stream.estimates;
  const total = (status.samples_seen / status.step) * status.total_steps;
  const point = (/** @type {number} */ samples, /** @type {number} */ share) => ({
    x: Math.min(1, samples / total),
    y: Math.min(1, Math.log10(1 / Math.max(SMALLEST_ERROR, 1 - share)) / 2),
  });
  const points = accuracy.map((share, i) => point(samples_seen[i], share));
  const last = stream.epochs.at(-1); // its accuracy is exact, and may come after the last estimate
  const result = last?.val_accuracy ?? last?.test_accuracy ?? null;
  if (last && result !== null && last.samples_seen > (samples_seen.at(-1) ?? 0)) {
    points.push(point(last.samples_seen, result));
  }
  return points;
}

/**
 * "7 of 25 done, about 2 min left"
 *
 * @param {(Stream | undefined)[]} streams of all cells
 * @param {number} elapsed seconds since the start
 */
export function progressText(streams, elapsed) {
  const done = streams.filter((stream) => stream?.status && !isActive(stream)).length;
  const count = `${done} of ${streams.length} done`;
  if (!streams.some(isActive)) return count;
  const progress = streams.reduce((sum, stream) => {
    const status = stream?.status;
    if (!status) return sum;
    return sum + (isActive(stream) ? status.step / (status.total_steps || 1) : 1);
  }, 0);
  if (progress < 0.5) return count;
  const left = elapsed * (streams.length - progress) / progress;
  const text = left < 90
    ? `${Math.max(5, 5 * Math.round(left / 5))} s`
    : `${Math.round(left / 60)} min`;
  return `${count}, about ${text} left`;
}
