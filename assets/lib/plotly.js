// Plotly, as the installed Python package brings it.

import { urlOf } from "./urls.js";

/**
 * The parts of Plotly that the charts use.
 *
 * @typedef {object} Plotly
 * @property {(chart: Element, traces: object[], layout: object, config: object) => void} react
 * @property {(chart: Element, update: object, traces: number[]) => void} restyle
 * @property {(chart: Element, update: object, traces: number[]) => void} extendTraces
 * @property {(chart: Element) => void} purge
 * @property {(figure: object, options: object) => Promise<string>} downloadImage
 */

/**
 * What Plotly adds to the element of a chart.
 *
 * @typedef {HTMLElement & {
 *   on: (event: string, listener: (event: any) => void) => void,
 *   removeAllListeners: (event: string) => void,
 *   data: object[],
 *   layout: object,
 *   _fullLayout?: any,
 * }} Chart
 */

const RETRY = 2000; // milliseconds

/** What all charts share. */
export const TRANSPARENT = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };

/**
 * What all charts are made with: no toolbar, which would offer to upload the chart to Plotly's
 * cloud, and no address to upload it to. pages/common/charts.py has the same.
 */
export const CONFIG = {
  displayModeBar: false,
  showSendToCloud: false,
  showTips: false,
  plotlyServerURL: "",
  responsive: true,
};

/**
 * Download a chart as a PNG of twice its size, on the page's background.
 *
 * @param {Plotly} plotly
 * @param {Chart} chart
 * @param {string} name of the file, without its ending
 * @param {string} background
 */
export function downloadPng(plotly, chart, name, background) {
  const { data, layout, clientWidth: width, clientHeight: height } = chart;
  return plotly.downloadImage(
    { data, layout: { ...layout, paper_bgcolor: background } },
    { format: "png", filename: name, width, height, scale: 2 },
  );
}

/** @type {Promise<Plotly> | null} */
let loading = null;

/**
 * Load Plotly, once for all charts of the page; retried until the server answers.
 *
 * @param {string} path of its route
 * @returns {Promise<Plotly>}
 */
export function loadPlotly(path) {
  loading ??= new Promise((resolve) => {
    const load = () => {
      const script = document.createElement("script");
      script.src = urlOf(path);
      script.onload = () => resolve(/** @type {any} */ (globalThis).Plotly);
      script.onerror = () => setTimeout(load, RETRY);
      document.head.append(script);
    };
    load();
  });
  return loading;
}
