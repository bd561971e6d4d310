// The range of the losses: what runs without a divergence need.

import { divergedRange } from "../../lib/axes.js";

/** @typedef {{ name: string, hasDiverged: boolean, losses: number[] }} Known a run, its losses in order */

const MAX_GROWTH = 2; // over a run's first loss; what is above leaves the chart
const MARGIN = 1.05;

/**
 * The range of a linear axis, and the names of the runs that leave it at the top. Of a run that
 * diverged only the start counts, if there is another one.
 *
 * @param {Known[]} runs
 * @returns {{ range: [number, number] | null, leaving: string[] }} null: the range of all values
 */
export function lossRange(runs) {
  const known = runs.map(({ name, hasDiverged, losses }) => ({
    name,
    hasDiverged,
    losses: losses.filter(Number.isFinite),
  })).filter(({ losses }) => losses.length);
  const isAlone = known.every(({ hasDiverged }) => hasDiverged);
  const tops = known.map(({ hasDiverged, losses }) => {
    if (!hasDiverged) return Math.min(Math.max(...losses), MAX_GROWTH * losses[0]);
    return isAlone ? divergedRange(losses)[1] : losses[0];
  });
  const top = MARGIN * Math.max(...tops);
  const leaving = known.filter(({ losses }) => Math.max(...losses) > top).map(({ name }) => name);
  return { range: leaving.length ? [0, top] : null, leaving };
}

const MAX_NAMED = 2, MAX_LENGTH = 24; // names, and characters of each

/**
 * Which runs leave the chart, in words.
 *
 * @param {string[]} names
 */
export function leavingText(names) {
  if (!names.length) return "";
  const named = names.slice(0, MAX_NAMED).map((name) =>
    name.length > MAX_LENGTH ? `${name.slice(0, MAX_LENGTH - 1)}…` : name
  );
  const more = names.length - named.length;
  if (more) named.push(`${more} more`);
  const last = named.pop();
  const list = named.length ? `${named.join(", ")} and ${last}` : last;
  return `${list} ${names.length > 1 ? "leave" : "leaves"} the chart at the top.`;
}
