// What there is to say about a race: who leads, by how much, and what became of the others.

import { formatCount, formatPercent } from "../../lib/numbers.js";

/**
 * A lane as it is now.
 *
 * @typedef {object} LaneState
 * @property {string} label its value of the varied setting
 * @property {string} state of its run; "" before the start
 * @property {number | null} accuracy 0–1
 * @property {number} samplesSeen
 */

/** @typedef {{ samples_seen: number[], accuracy: number[] }} Estimates */

const ACTIVE = ["queued", "running", "paused"];
const LEVEL = 0.005; // accuracies that differ by less are level
const GUESSING = 0.15; // one in ten is right by chance
const TRIED = 2000; // images after which a network should do better than that

/**
 * The accuracy of each lane after as many images as all lanes have one for: each is measured at steps
 * of its own, and a later one would look better than it is.
 *
 * @param {Estimates[]} lanes
 * @param {number} [after] images; Infinity: the last accuracy of each
 * @returns {{ after: number, accuracies: (number | null)[] }}
 */
export function comparable(
  lanes,
  after = Math.min(...lanes.map(({ samples_seen }) => samples_seen.at(-1) ?? Infinity)),
) {
  const accuracies = lanes.map(({ samples_seen, accuracy }) =>
    accuracy[samples_seen.findLastIndex((seen) => seen <= after)] ?? null
  );
  return { after: isFinite(after) ? after : 0, accuracies };
}

/**
 * @param {LaneState[]} lanes
 * @param {number} [after] images seen when they had these accuracies; 0: not to be said
 * @returns {string} one or two sentences; "" while there is nothing to say
 */
export function commentary(lanes, after = 0) {
  const started = lanes.filter(({ state }) => state);
  if (!started.length) return "";
  if (started.every(({ state }) => state === "queued")) return "The race starts soon.";
  const inRace = started.filter(({ state }) => state !== "diverged" && state !== "failed");
  const ranked = inRace.filter(({ accuracy }) => accuracy !== null)
    .sort((a, b) => Number(b.accuracy) - Number(a.accuracy));
  const isOver = !started.some(({ state }) => ACTIVE.includes(state));
  const isPaused = inRace.some(({ state }) => state === "paused");
  const parts = [
    isPaused ? "Paused." : "",
    lead(ranked, isOver, after),
    ...others(started, ranked),
  ];
  return parts.filter(Boolean).join(" ");
}

/**
 * @param {LaneState[]} ranked the best first
 * @param {boolean} isOver
 * @param {number} after
 */
function lead(ranked, isOver, after) {
  const [first, second] = ranked;
  if (!first) return isOver ? "No lane has finished." : "";
  const best = Number(first.accuracy);
  if (isGuessing(first)) return "No lane is better than guessing yet.";
  const level = ranked.filter(({ accuracy }) => best - Number(accuracy) < LEVEL);
  const figure = formatPercent(best) + (after ? ` after ${formatCount(after)} images` : "");
  if (level.length > 1) {
    const names = list(level.map(({ label }) => label));
    return `${names} ${isOver ? "ended" : "are"} level, at about ${figure}.`;
  }
  const ahead = second && !isGuessing(second)
    ? `, ${(100 * (best - Number(second.accuracy))).toFixed(1)} points ahead of ${second.label}`
    : "";
  const verb = !isOver ? "leads" : first.state === "finished" ? "won" : "led";
  return `${first.label} ${verb} with ${figure}${ahead}.`;
}

/**
 * What became of those who do not keep up.
 *
 * @param {LaneState[]} lanes
 * @param {LaneState[]} ranked
 */
function others(lanes, ranked) {
  const labels = (/** @type {string} */ state) =>
    lanes.filter((lane) => lane.state === state).map(({ label }) => label);
  const verb = (/** @type {string[]} */ names) => names.length > 1 ? "have" : "has";
  const parts = [];
  const diverged = labels("diverged"), failed = labels("failed"), stopped = labels("stopped");
  const interrupted = labels("interrupted");
  if (diverged.length) parts.push(`${list(diverged)} ${verb(diverged)} diverged.`);
  if (failed.length) parts.push(`${list(failed)} ${verb(failed)} failed.`);
  if (stopped.length && stopped.length === lanes.length - diverged.length - failed.length) {
    parts.push("The race was stopped.");
  } else if (stopped.length) {
    parts.push(`${list(stopped)} ${stopped.length > 1 ? "were" : "was"} stopped.`);
  }
  if (interrupted.length) {
    parts.push(`${list(interrupted)} ${interrupted.length > 1 ? "were" : "was"} interrupted.`);
  }
  const guessing = ranked[0] && !isGuessing(ranked[0]) ? ranked.filter(isGuessing) : [];
  if (guessing.length) {
    const names = list(guessing.map(({ label }) => label));
    parts.push(`${names} ${guessing.length > 1 ? "are" : "is"} no better than guessing.`);
  }
  return parts;
}

/** @param {LaneState} lane */
function isGuessing({ accuracy, samplesSeen }) {
  return accuracy !== null && accuracy < GUESSING && samplesSeen >= TRIED;
}

/** ["a", "b", "c"] → "a, b and c" @param {string[]} names */
function list(names) {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
