// The lines of the chart as Plotly takes them.

import { formatPercent } from "../../lib/numbers.js";
import { accuracySeries, estimateSeries, lossSeries, seedBand } from "./series.js";

/** @import { Axis } from "../../lib/axes.js" */
/** @import { AccuracyOf, Curves, LossOf, Series } from "./series.js" */

/** @typedef {{ id: string, name: string, active: boolean }} Run */

/**
 * A configuration with all its seeds, see pages/components/compare_curves.py.
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {string} details
 * @property {string} color
 * @property {number} rank
 * @property {string} configuration
 * @property {Run[]} runs
 */

/** @typedef {{ axis: Axis, loss: LossOf, accuracy: AccuracyOf, seeds: boolean }} Options seeds: each is a line */
/** @typedef {{ text: string, gray: string }} Colors */

export const BEST = 3; // lines that are highlighted
const MIN_SEEDS = 3; // for a median with a band

/**
 * Whether a line stands out among many; a few can be told apart anyway.
 *
 * @param {Line} line
 * @param {number} count of all lines
 */
export const isBest = ({ rank }, count) => rank > 0 && rank <= BEST && count > 2 * BEST;

/**
 * All lines, the gray ones first, which the others cover.
 *
 * @param {Line[]} lines
 * @param {ReadonlyMap<string, Curves>} curves of the runs that are known
 * @param {Options} options
 * @param {Colors} colors
 * @param {Line | null} lifted
 * @returns {object[]}
 */
export function traces(lines, curves, options, colors, lifted) {
  const { axis, loss, accuracy } = options;
  const about = (/** @type {number} */ value) => `about ${formatPercent(value, 0)}, an estimate`;
  /** @type {Panel[]} */
  const panels = [
    {
      yaxis: "y",
      mode: "lines",
      seriesOf: (run) => lossSeries(run, loss, axis),
      format: (value) => value.toPrecision(3),
    },
    ...[0, 1].map((part) => ({
      yaxis: "y2",
      mode: "lines",
      isEstimate: true,
      seriesOf: (/** @type {Curves} */ run) => estimateSeries(run, accuracy, axis)[part],
      format: about,
    })),
    {
      yaxis: "y2",
      mode: "lines+markers",
      seriesOf: (run) => accuracySeries(run, accuracy, axis),
      format: (value) => formatPercent(value, 2),
    },
  ];
  return panels.flatMap(({ yaxis, mode, isEstimate = false, seriesOf, format }) => {
    /** @type {Found[]} */
    const crowd = [];
    const highlighted = [];
    for (const line of lines) {
      const seeds = [];
      for (const run of line.runs) {
        const known = curves.get(run.id), series = known && seriesOf(known);
        if (series?.x.length) seeds.push({ name: run.name, series });
      }
      if (!line.color && line !== lifted && !isBest(line, lines.length)) crowd.push(...seeds);
      else highlighted.push({ line, seeds });
    }
    const last = highlighted.findIndex(({ line }) => line === lifted);
    if (last >= 0) highlighted.push(...highlighted.splice(last, 1)); // in front of the others
    const drawn = highlighted.flatMap(({ line, seeds }) => {
      const isBand = seeds.length >= MIN_SEEDS && !options.seeds;
      const look = {
        yaxis,
        mode,
        color: line.color || colors.text,
        width: (line === lifted ? 4 : isBest(line, lines.length) ? 3 : 1.75) -
          Number(isEstimate) / 2,
        dash: isEstimate ? "dot" : "solid",
        opacity: lifted && line !== lifted ? 0.25 : 1,
      };
      if (!isBand) return seeds.map((seed) => seedTrace(seed, look, format));
      const single = { ...look, mode: "lines", width: 1, opacity: 0.6 };
      return [
        ...bandTraces(line, seeds.map(({ series }) => series), look, format),
        ...(line === lifted ? seeds.map((seed) => seedTrace(seed, single, format)) : []),
      ];
    });
    const faint = { yaxis, color: colors.gray, opacity: lifted ? 0.2 : 0.5 };
    return crowd.length || !isEstimate ? [crowdTrace(crowd, faint, format), ...drawn] : drawn;
  });
}

/** @typedef {{ yaxis: string, mode: string, isEstimate?: boolean, seriesOf: (run: Curves) => Series, format: Format }} Panel */
/** @typedef {{ name: string, series: Series }} Found */
/** @typedef {{ yaxis: string, mode: string, color: string, width: number, dash: string, opacity: number }} Look */
/** @typedef {(value: number) => string} Format */

const HOVER = "%{text}<extra></extra>";
const COMMON = { type: "scatter", showlegend: false, hovertemplate: HOVER };

/** Plotly takes some HTML in its texts. @param {string} text */
export const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/**
 * @param {Found} seed
 * @param {Look} look
 * @param {Format} format
 */
function seedTrace({ name, series }, { yaxis, mode, color, width, dash, opacity }, format) {
  return {
    ...COMMON,
    ...series,
    name,
    yaxis,
    mode,
    opacity,
    line: { color, width, dash },
    marker: { color, size: 4 + width },
    text: series.y.map((y) => `${plain(name)}: ${format(y)}`),
  };
}

/**
 * @param {Line} line
 * @param {Series[]} seeds
 * @param {Look} look
 * @param {Format} format
 */
function bandTraces(line, seeds, { yaxis, mode, color, width, dash, opacity }, format) {
  const { x, median, low, high, values } = seedBand(seeds);
  const area = {
    ...COMMON,
    x: [...x, ...x.toReversed()],
    y: [...high, ...low.toReversed()],
    name: line.name,
    yaxis,
    mode: "lines",
    fill: "toself",
    fillcolor: color,
    opacity: 0.18 * opacity,
    line: { width: 0 },
    hoverinfo: "skip",
    hovertemplate: undefined,
  };
  const text = median.map((y, i) =>
    `${plain(line.name)}: median ${format(y)}<br>seeds: ${values[i].map(format).join(", ")}`
  );
  return [area, {
    ...COMMON,
    x,
    y: median,
    name: line.name,
    yaxis,
    mode,
    opacity,
    line: { color, width, dash },
    marker: { color, size: 4 + width },
    text,
  }];
}

/**
 * Many lines as one, with gaps: each for itself would take the browser seconds.
 *
 * @param {Found[]} runs
 * @param {{ yaxis: string, color: string, opacity: number }} look
 * @param {Format} format
 */
function crowdTrace(runs, { yaxis, color, opacity }, format) {
  /** @type {(number | null)[]} */
  const x = [], /** @type {(number | null)[]} */ y = [], /** @type {string[]} */ text = [];
  for (const { name, series } of runs) {
    x.push(...series.x, null);
    y.push(...series.y, null);
    text.push(...series.y.map((value) => `${plain(name)}: ${format(value)}`), "");
  }
  const line = { color, width: 1 };
  return { ...COMMON, x, y, text, name: "others", yaxis, mode: "lines", opacity, line };
}
