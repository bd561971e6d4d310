// What the network that is shown, newest or past, predicts for the visitor's pinned drawings.

import { barColumns } from "../../lib/bars.js";
import { decode, putImage } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { keepOpen, livePrediction } from "../../lib/live_prediction.js";
import { formatPercent } from "../../lib/numbers.js";
import { grayPalette } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */

/**
 * @typedef {object} Data see pages/components/pinned_predictions.py
 * @property {string[]} pins Base64 (28, 28) uint8
 * @property {string | null} run null: there is nothing to predict them
 */

/** @param {Call} call */
export default function pinnedPredictions(call) {
  return mount(call, (parent, { guard }) => {
    const content = find(parent, ".content", HTMLElement);
    const release = keepOpen();
    let data = /** @type {Data} */ ({});
    /** @type {ReturnType<typeof figureOf>[]} */
    let figures = [];
    /** @type {Stream | null} */
    let stream = null;
    let requested = ""; // run, step and pins of the predictions on screen or under way
    let isUnderWay = false;

    const update = guard(async () => {
      if (isUnderWay || !stream?.snapshot) return;
      const { run, selected, snapshot } = stream;
      const wanted = [run, snapshot.step, ...data.pins].join();
      if (wanted === requested) return;
      isUnderWay = true;
      const { pins } = data, step = selected ? snapshot.step : null, shown = figures;
      const images = pins.map((input) => ({ input }));
      const response = await livePrediction().ask(images, [[run, step]]);
      isUnderWay = false;
      const predictions = response?.models[0].predictions;
      if (shown !== figures) return update();
      if (!predictions) return;
      requested = wanted;
      predictions.forEach(({ probabilities }, i) => figures[i].update(probabilities));
      update(); // it may have learned more meanwhile
    });

    return {
      /** @param {Data} news */
      update(news) {
        const isOther = news.pins.join() !== data.pins?.join() || news.run !== data.run;
        if (news.run !== data.run) stream = null;
        data = news;
        if (isOther) {
          requested = "";
          figures = data.pins.map(figureOf);
          content.replaceChildren(...figures.map(({ figure }) => figure));
        }
        update();
      },
      show(news) {
        stream = news;
        update();
      },
      end: release,
    };
  });
}

/** @param {string} pin */
function figureOf(pin) {
  const figure = element("figure"), canvas = element("canvas"), { box, update } = barColumns();
  const digit = element("b"), confidence = element("span"), caption = element("figcaption");
  figure.setAttribute("role", "listitem");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Your pinned drawing");
  putImage(canvas, decode(pin), grayPalette);
  digit.textContent = "?";
  caption.append("Predicted: ", digit, element("br"), confidence);
  figure.append(canvas, box, caption);
  return {
    figure,
    /** @param {number[]} probabilities */
    update(probabilities) {
      const largest = Math.max(...probabilities);
      update(probabilities, { [probabilities.indexOf(largest)]: "largest" });
      digit.textContent = String(probabilities.indexOf(largest));
      confidence.textContent = `${formatPercent(largest, 0)} confidence`;
    },
  };
}
