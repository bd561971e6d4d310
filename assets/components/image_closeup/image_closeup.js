// One image, large, with the probability of each digit.

import { barRows, marksOf } from "../../lib/bars.js";
import { decode, putImage } from "../../lib/canvas.js";
import { mountDrawing } from "../../lib/component.js";
import { element } from "../../lib/dom.js";
import { drawingPalette } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Thumbnail } from "../thumbnails/thumbnails.js" */

/** @param {Call} call its data: a Thumbnail */
export default function imageCloseup(call) {
  return mountDrawing(call, (content, data, theme) => {
    const { image, alt, probabilities, label, predicted } = /** @type {Thumbnail} */ (data);
    const canvas = element("canvas"), { box, update } = barRows();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", alt);
    putImage(canvas, decode(image), drawingPalette(theme));
    update(probabilities ?? [], marksOf(label, predicted));
    content.replaceChildren(canvas, box);
  });
}
