// The confusion matrix: a Plotly chart changed in place, which st.plotly_chart would draw anew.
// The digits stand beside it: Plotly's axes take as long as all the cells.

import { mountDrawing } from "../../lib/component.js";
import { loadPlotly, TRANSPARENT } from "../../lib/plotly.js";
import { rgb } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Chart, Plotly } from "../../lib/plotly.js" */
/** @import { Theme } from "../../lib/theme.js" */

/**
 * Tables of 10 rows, one for each actual digit; see pages/components/confusion_matrix.py.
 *
 * @typedef {object} Data
 * @property {number[][]} shades from −1, the strongest red, to 1, the strongest green
 * @property {string[][]} text
 * @property {number[][][]} numbers images, and their percentage of the row
 * @property {[number, number]} selected row and column, −1 for none
 * @property {string} alt
 * @property {string} plotly URL
 */

/** @type {Plotly | null} */
let plotly = null;

/** @param {Call} call */
export default function confusionMatrix(call) {
  return mountDrawing(call, (content, data, theme, { setTriggerValue, guard }) => {
    const chart = /** @type {Chart} */ (content);
    loadPlotly(data.plotly).then(
      guard((loaded) => {
        plotly = loaded;
        draw(plotly, chart, data, theme);
        chart.removeAllListeners("plotly_click");
        chart.on("plotly_click", ({ points: [cell] }) => {
          if (cell) setTriggerValue("cell", [cell.y, cell.x]);
        });
      }),
      guard((error) => {
        throw error;
      }),
    );
  }, (content) => plotly?.purge(content));
}

/**
 * @param {Plotly} plotly
 * @param {Chart} chart
 * @param {Data} data
 * @param {Theme} theme
 */
function draw(plotly, chart, { shades, text, numbers, selected, alt }, theme) {
  chart.setAttribute("aria-label", alt);
  const digits = [...shades.keys()];
  const color = (/** @type {string} */ name, /** @type {number} */ opacity) =>
    `rgba(${rgb(name).join()}, ${opacity})`;
  const heatmap = {
    type: "heatmap",
    x: digits,
    y: digits,
    z: shades,
    zmin: -1,
    zmax: 1,
    showscale: false,
    xgap: 1,
    ygap: 1,
    colorscale: [
      [0, color(theme.wrong, 0.7)],
      [0.5, color(theme.wrong, 0)],
      [0.5, color(theme.correct, 0)],
      [1, color(theme.correct, 0.7)],
    ],
    text,
    texttemplate: "%{text}",
    textfont: { size: 11, color: theme.text },
    customdata: numbers,
    hovertemplate: "actual %{y}, predicted %{x}: %{customdata[0]:,} images<br>" +
      "%{customdata[1]:.1f} % of all images of a %{y}<extra></extra>",
  };
  const axis = { visible: false, fixedrange: true };
  const layout = {
    ...TRANSPARENT,
    font: { family: theme.font, color: theme.text, size: 12 },
    margin: { l: 0, r: 0, t: 0, b: 0 },
    dragmode: false,
    hoverdistance: 1,
    shapes: outline(selected, theme.text),
    xaxis: { ...axis, range: [-0.5, 9.5] },
    yaxis: { ...axis, range: [9.5, -0.5] },
  };
  plotly.react(chart, [heatmap], layout, { displayModeBar: false, responsive: true });
}

/**
 * Around the selected cell, row or column.
 *
 * @param {[number, number]} selected
 * @param {string} color
 */
function outline([actual, predicted], color) {
  if (actual < 0 && predicted < 0) return [];
  const span = (/** @type {number} */ digit) =>
    digit < 0 ? [-0.5, 9.5] : [digit - 0.5, digit + 0.5];
  const [x0, x1] = span(predicted), [y0, y1] = span(actual);
  return [{ type: "rect", x0, x1, y0, y1, line: { width: 2.5, color } }];
}
