// A prediction: in words, and as ten bars. While the pen moves it comes over the page's connection
// for live predictions; the script's, which comes when the pen is lifted, is for the same pixels.

import { barRows } from "../../lib/bars.js";
import { decode, putImage } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { livePrediction, nextId, view } from "../../lib/live_prediction.js";
import { inWords } from "../../lib/prediction_text.js";
import { grayPalette } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Answer, Drawing, Model, News, Prediction, Viewer } from "../../lib/live_prediction.js" */

/**
 * @typedef {object} Data see pages/components/prediction_bars.py
 * @property {number[]} probabilities (10,)
 * @property {boolean} rejected
 * @property {string | null} problem
 * @property {string} input Base64 (28, 28) uint8
 * @property {boolean} show_input
 * @property {boolean} compact whether it is one of many
 * @property {number} drawing its id; 0: nothing was drawn
 * @property {number} image id of the image below the strokes
 * @property {number} strokes
 * @property {boolean} has_ink whether anything is drawn, or an image is below
 * @property {Model} model
 * @property {string | null} run the model's, while it trains
 */

/** @param {Call} call */
export default function predictionBars(call) {
  return mount(call, (parent, { guard }) => {
    const bars = barRows();
    const figure = find(parent, "figure", HTMLElement);
    const canvas = find(figure, "canvas", HTMLCanvasElement);
    const box = find(parent, ".prediction", HTMLElement);
    const title = find(box, "h2", HTMLElement);
    const caption = find(parent, ".caption", HTMLElement);
    const status = find(parent, ".spoken", HTMLElement);
    const paused = find(parent, ".paused", HTMLElement);
    figure.before(bars.box);

    let data = /** @type {Data} */ ({});
    /** @type {News} */
    let news = { answer: null, isLost: false };
    let shownInput = "";
    let step = -1; // of the newest snapshot seen of a run in training

    /** @type {Viewer} */
    const viewer = { model: ["", 0], answer: null, show: guard(receive) };
    const leave = view(viewer);

    /** @param {News} received */
    function receive(received) {
      news = received;
      draw();
    }

    /** The live answer, if it is for this model, and newer than the script's. */
    function newerAnswer() {
      const { answer } = news;
      const isNewer = answer && answer.drawing.image === data.image &&
        answer.drawing.id > data.drawing;
      return isNewer ? answer : null;
    }

    function draw() {
      if (!data.model) return;
      const live = newerAnswer();
      const prediction = live ? live.prediction : data.problem ? null : data;
      const problem = live ? live.problem : data.problem;
      const hasInk = live ? live.drawing.hasInk : data.has_ink;
      const [words, line] = inWords(prediction, problem, hasInk);
      if (title.textContent !== words) title.textContent = words;
      if (caption.textContent !== line) caption.textContent = line;
      bars.update(prediction?.probabilities ?? Array(10).fill(0));
      drawInput(live ? live.input : data.input);
      paused.hidden = !news.isLost;
      bars.box.dataset.drawing = String(live ? live.drawing.id : data.drawing);
      bars.box.dataset.strokes = String(live ? live.drawing.strokes : data.strokes);
    }

    /** @param {string} input */
    function drawInput(input) {
      figure.hidden = !data.show_input;
      if (input === shownInput) return;
      shownInput = input;
      putImage(canvas, decode(input), grayPalette);
    }

    return {
      /** @param {Data} received */
      update(received) {
        data = received;
        box.classList.toggle("compact", data.compact);
        if (String(data.model) !== String(viewer.model)) {
          viewer.model = data.model;
          news = { ...news, answer: viewer.answer = null };
        }
        draw();
        // Not while the pen moves: then every frame would be read aloud.
        const text = data.has_ink ? title.textContent ?? "" : "";
        if (status.textContent !== text) status.textContent = text;
      },
      /** The model has learned: what is on the canvas is predicted again. */
      show(stream) {
        const live = livePrediction(), newest = stream.newest.snapshot?.step ?? -1;
        const answer = newerAnswer(), { problem } = answer ?? data;
        if (newest === step || live.isBusy || !data.has_ink || problem) return;
        step = newest;
        const { image, strokes, hasInk } = answer?.drawing ?? { ...data, hasInk: true };
        const pixels = { input: answer?.input ?? data.input };
        live.predict(() => ({ id: nextId(), image, strokes, hasInk, pixels }));
      },
      end: leave,
    };
  });
}
