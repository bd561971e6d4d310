// Everything about one neuron: its weights, large, and the statistics that the script computed.

import { decode, decodeFloats, decodeInt8, PIXELS } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { weightImage } from "../../lib/weight_image.js";
import { drawActivations, drawBars, drawHistory, drawTopActivating, prepare } from "./charts.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */

/**
 * What a section shows, or a message why it shows nothing.
 *
 * @template Chart
 * @typedef {Partial<Chart> & { message?: string, caption?: string, description?: string }} Section
 */

/**
 * @typedef {object} Data see pages/components/neuron_details.py
 * @property {string | null} run
 * @property {number} step
 * @property {number} neuron
 * @property {string} title
 * @property {boolean} is_first_layer whether the run's stream has its weights
 * @property {string} weights Base64 float32 (784,)
 * @property {number | null} preferred_class
 * @property {[string, string][]} facts term and value
 * @property {Section<{ labels: number[], images: string }>} top_activating
 * @property {Section<{ low: number, high: number, shares: number[][] }>} activations
 * @property {Section<{ labels: string[], values: number[] }>} outgoing
 * @property {Section<{ labels: string[], values: number[] }>} ablation
 * @property {Section<{ samples_seen: number[], tiles: string }>} history
 */

/** @param {Call} call */
export default function neuronDetails(call) {
  return mount(call, (parent, { guard }) => {
    const part = (/** @type {string} */ selector) => find(parent, selector, HTMLElement);
    const box = part(".neuron-details"), statistics = part(".statistics");
    const image = weightImage(part(".weight-image"), part(".value"), guard);
    /** @type {Data | null} */
    let data = null;
    let received = ""; // the data as JSON
    /** @type {Stream | null} */
    let stream = null;
    /** @type {number | string | null} the step whose weights are drawn; "data": the script's */
    let drawn = null;

    /**
     * Draw a section, and describe it.
     *
     * @template Chart
     * @param {string} name
     * @param {Section<Chart>} section
     * @param {(canvas: HTMLCanvasElement) => void} drawChart
     * @param {string} description for screen readers
     */
    function drawSection(name, { message, caption }, drawChart, description) {
      const canvas = find(parent, `.${name} canvas`, HTMLCanvasElement);
      if (message === undefined) drawChart(canvas);
      else prepare(canvas, 0);
      part(`.${name} p`).textContent = message ?? caption ?? "";
      canvas.setAttribute("aria-label", message ?? description);
    }

    /** @param {Data} data */
    function drawStatistics({ top_activating, activations, outgoing, ablation, history, ...rest }) {
      const { labels = [], images = "" } = top_activating, half = labels.length / 2;
      drawSection(
        "top-activating",
        top_activating,
        (canvas) => drawTopActivating(canvas, decode(images), labels),
        `Top activating: images of ${labels.slice(0, half).join(", ")}; ` +
          `least: of ${labels.slice(half).join(", ")}`,
      );
      const { low = 0, high = 0, shares = [[]] } = activations;
      drawSection(
        "activations",
        activations,
        (canvas) => drawActivations(canvas, { low, high, shares }, rest.preferred_class),
        activations.description ?? "",
      );
      for (const [name, section] of Object.entries({ outgoing, ablation })) {
        const { labels = [], values = [], description = "", caption = "" } = section;
        const format = name === "outgoing" ? oneDecimal : points;
        const drawChart = (/** @type {HTMLCanvasElement} */ canvas) =>
          drawBars(canvas, { labels, values }, format);
        drawSection(name, section, drawChart, `${description} ${caption}`);
      }
      const { samples_seen = [], tiles = "" } = history;
      drawSection(
        "history",
        { caption: "Below each: images seen.", ...history },
        (canvas) => drawHistory(canvas, decodeInt8(tiles), samples_seen),
        `The weights at ${samples_seen.length} snapshots, after ${samples_seen[0]} to ` +
          `${samples_seen.at(-1)} images`,
      );
    }

    /** The image follows the timeline where the stream has the weights. */
    function drawWeights() {
      if (!data) return;
      const snapshot = stream?.snapshot, { neuron, title, weights } = data;
      const isOther = snapshot ? snapshot.step !== data.step : false;
      const isActive = ["queued", "running"].includes(stream?.status?.state ?? "");
      statistics.classList.toggle("outdated", isOther && !isActive);
      const follows = snapshot && isOther && data.is_first_layer && neuron < snapshot.neurons;
      const shown = follows ? snapshot.step : "data";
      if (shown === drawn) return;
      drawn = shown;
      if (!follows) return image.show(decodeFloats(weights), title);
      const tile = snapshot.tiles.subarray(neuron * PIXELS, (neuron + 1) * PIXELS);
      const unit = snapshot.scales[neuron] / 127;
      image.show(Float32Array.from(tile, (value) => value * unit), title);
    }

    function draw() {
      if (!data || !box.clientWidth) return;
      drawn = null;
      drawWeights();
      drawStatistics(data);
      box.dataset.neuron = String(data.neuron);
      box.dataset.step = String(data.step);
    }

    const resized = new ResizeObserver(guard(draw));
    resized.observe(box);
    return {
      /** @param {Data} news */
      update(news) {
        const json = JSON.stringify(news);
        if (json === received) return;
        received = json;
        data = news;
        part(".title").textContent = news.title;
        part("dl").replaceChildren(
          ...news.facts.flatMap(([term, value]) => [
            element("dt", "", term),
            element("dd", "", value),
          ]),
        );
        draw();
      },
      show(news) {
        stream = news;
        drawWeights();
      },
      recolor: draw,
      end: () => resized.disconnect(),
    };
  });
}

const oneDecimal = (/** @type {number} */ value) => value.toFixed(1);

/** Change of accuracy in points. @param {number} value */
const points = (value) => (Math.abs(value) < 0.05 ? "0" : value.toFixed(1));
