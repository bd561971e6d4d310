// A prediction: in words, and as ten bars, a Plotly chart changed in place, which st.plotly_chart
// would draw anew. The digits stand beside it: an axis of Plotly's is slower than its bars.

import { decode, putImage } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { formatPercent } from "../../lib/numbers.js";
import { loadPlotly, TRANSPARENT } from "../../lib/plotly.js";
import { grayPalette, themeOf } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Chart, Plotly } from "../../lib/plotly.js" */
/** @import { Theme } from "../../lib/theme.js" */

const VISIBLE = 0.0005; // probabilities below it get no label

/**
 * @typedef {object} Data see pages/components/prediction_bars.py
 * @property {string} title
 * @property {string} caption
 * @property {number[]} probabilities (10,)
 * @property {string | null} image Base64 (28, 28) uint8
 * @property {number} strokes of the drawing
 * @property {number} turn counts the predictions of this session
 * @property {string} plotly URL
 */

/** @param {Call} call */
export default function predictionBars(call) {
  return mount(call, (parent, { guard }) => {
    const chart = /** @type {Chart} */ (find(parent, ".bars", HTMLElement));
    const figure = find(parent, "figure", HTMLElement);
    const canvas = find(figure, "canvas", HTMLCanvasElement);
    const title = find(parent, ".prediction h3", HTMLElement);
    const caption = find(parent, ".prediction p", HTMLElement);
    /** @type {Plotly | null} */
    let plotly = null;
    /** @type {Data | null} */
    let data = null;
    let drawnColors = "";

    function draw() {
      const theme = themeOf(chart);
      if (!plotly || !data || !theme.text || !chart.isConnected) return;
      const { probabilities, strokes, turn } = data, largest = Math.max(...probabilities);
      const text = probabilities.map((p) => p < VISIBLE ? "" : formatPercent(p));
      const colors = probabilities.map((p) => p === largest ? theme.accent : theme.neutral);
      const list = probabilities.map((p, digit) => `${digit}: ${formatPercent(p)}`).join(", ");
      chart.setAttribute("aria-label", `Probabilities: ${largest ? list : "none yet"}`);
      const themeColors = theme.text + theme.background;
      if (drawnColors === themeColors) {
        const update = { x: [probabilities], text: [text], "marker.color": [colors] };
        plotly.restyle(chart, update, [0]);
      } else {
        drawnColors = themeColors;
        create(plotly, theme, probabilities, text, colors);
      }
      chart.dataset.strokes = String(strokes); // what is shown is the prediction for so many
      requestAnimationFrame(() =>
        document.dispatchEvent(new CustomEvent("digitscope-predicted", { detail: turn }))
      );
    }

    /**
     * @param {Plotly} plotly
     * @param {Theme} theme
     * @param {number[]} probabilities
     * @param {string[]} text
     * @param {string[]} colors
     */
    function create(plotly, theme, probabilities, text, colors) {
      const trace = {
        type: "bar",
        orientation: "h",
        x: probabilities,
        y: [...probabilities.keys()],
        text,
        marker: { color: colors },
        textposition: "outside",
        cliponaxis: false,
      };
      const layout = {
        ...TRANSPARENT,
        font: { family: theme.font, color: theme.text, size: 14 },
        margin: { l: 0, r: 64, t: 0, b: 0 },
        bargap: 0.35,
        showlegend: false,
        xaxis: { range: [0, 1], visible: false, fixedrange: true },
        yaxis: { range: [9.5, -0.5], visible: false, fixedrange: true },
      };
      const config = { displayModeBar: false, staticPlot: true, responsive: true };
      plotly.react(chart, [trace], layout, config);
    }

    return {
      /** @param {Data} news */
      update(news) {
        data = news;
        title.textContent = news.title;
        caption.textContent = news.caption;
        figure.hidden = !news.image;
        if (news.image) putImage(canvas, decode(news.image), grayPalette);
        if (plotly) return draw();
        loadPlotly(news.plotly).then(
          guard((loaded) => {
            plotly = loaded;
            draw();
          }),
          guard((error) => {
            throw error;
          }),
        );
      },
      recolor: () => {
        if (themeOf(chart).text + themeOf(chart).background !== drawnColors) draw();
      },
      end: () => plotly?.purge(chart),
    };
  });
}
