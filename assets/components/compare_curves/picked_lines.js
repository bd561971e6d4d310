// The lines with what has just been checked in the table of runs, and without what was unchecked.

/** @import { Fetched } from "./series.js" */
/** @import { Line } from "./traces.js" */

/**
 * A run that the script has not put into a line yet joins the seeds of its configuration, or is a
 * line of its own in the first free color, as the script will have it.
 *
 * @param {Line[]} lines of the script
 * @param {string[] | null} ids of the runs to compare; null: those of the lines
 * @param {ReadonlyMap<string, Fetched>} fetched by their runs
 * @param {string[]} palette
 * @returns {Line[]}
 */
export function withPicked(lines, ids, fetched, palette) {
  if (!ids) return lines;
  const picked = new Set(ids);
  const all = lines.map((line) => ({
    ...line,
    runs: line.runs.filter(({ id }) => picked.has(id)),
  })).filter(({ runs }) => runs.length);
  for (const id of unknown(lines, ids)) {
    const found = fetched.get(id);
    if (!found) continue;
    const { name, configuration, active } = found, run = { id, name, active };
    const seeds = all.find((line) => line.configuration === configuration);
    const color = palette.find((each) => all.every((line) => line.color !== each)) ?? "";
    if (seeds) seeds.runs.push(run);
    else all.push({ name, details: "", color, rank: 0, configuration, runs: [run] });
  }
  return all;
}

/**
 * The ids that are in no line.
 *
 * @param {Line[]} lines
 * @param {string[]} ids
 */
export function unknown(lines, ids) {
  const known = new Set(lines.flatMap(({ runs }) => runs.map(({ id }) => id)));
  return ids.filter((id) => !known.has(id));
}
