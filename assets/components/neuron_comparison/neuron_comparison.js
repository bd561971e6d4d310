// The weights of two neurons and their difference, on one color scale.

import { decodeFloats, PIXELS } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { largestWeight, weightImage } from "../../lib/weight_image.js";

/** @import { Call } from "../../lib/component.js" */

/** @typedef {{ titles: string[], weights: string }} Data weights: Base64 float32 (3, 784) */

/** @param {Call} call */
export default function neuronComparison(call) {
  return mount(call, (parent, { guard }) => {
    const grid = find(parent, ".neuron-comparison", HTMLElement);
    const columns = [...grid.children].map((column) => ({
      title: find(column, "h2", HTMLElement),
      image: weightImage(
        find(column, ".weight-image", HTMLElement),
        find(column, ".value", HTMLElement),
        guard,
      ),
    }));
    const draw = () => columns.forEach(({ image }) => image.draw());
    const resized = new ResizeObserver(guard(draw));
    resized.observe(grid);
    return {
      /** @param {Data} data */
      update(data) {
        const weights = decodeFloats(data.weights), scale = largestWeight(weights);
        columns.forEach(({ title, image }, i) => {
          title.textContent = data.titles[i];
          image.show(weights.subarray(PIXELS * i, PIXELS * (i + 1)), data.titles[i], scale);
        });
      },
      recolor: draw,
      end: () => resized.disconnect(),
    };
  });
}
