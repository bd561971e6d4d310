// The speeds that a run can be slowed down to, and how far its next epoch is.

/** Batches a second; 0: as many as the worker can. */
export const SPEEDS = [1, 2, 5, 10, 25, 0];

/**
 * The index of the speed nearest to one that the command line or another program may have set.
 *
 * @param {number} speed batches a second; 0: as many as the worker can
 */
export function nearestSpeed(speed) {
  if (!speed) return SPEEDS.length - 1;
  const distances = SPEEDS.map((each) => each ? Math.abs(Math.log(each / speed)) : Infinity);
  return distances.indexOf(Math.min(...distances));
}

/** @param {number} speed batches a second; 0: as many as the worker can */
export const speedInWords = (speed) => speed ? `${speed} per second` : "full speed";

/**
 * Steps from here to the end of the epoch; a whole epoch at its beginning.
 *
 * @param {{ step: number, total_steps: number, epochs: number }} status
 */
export function stepsToEpochEnd({ step, total_steps, epochs }) {
  const perEpoch = Math.round(total_steps / epochs);
  return perEpoch - (step % perEpoch);
}
