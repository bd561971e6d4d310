// One image, large, with the probability of each digit.

import { decode, putImage } from "../../lib/canvas.js";
import { mountDrawing } from "../../lib/component.js";
import { element } from "../../lib/dom.js";
import { formatPercent } from "../../lib/numbers.js";
import { drawingPalette } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Thumbnail } from "../thumbnails/thumbnails.js" */

/** @param {Call} call its data: a Thumbnail */
export default function imageCloseup(call) {
  return mountDrawing(call, (content, data, theme) => {
    const { image, alt, probabilities, label, predicted } = /** @type {Thumbnail} */ (data);
    const canvas = element("canvas"), table = element("table");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", alt);
    putImage(canvas, decode(image), drawingPalette(theme));
    table.append(element("caption", "", "Probability of each digit"));
    (probabilities ?? []).forEach((probability, digit) => {
      const marks = [digit === label && "actual", digit === predicted && "predicted"];
      const names = marks.filter((mark) => mark !== false);
      const row = element("tr", names[0] ?? "");
      const head = element("th", "", String(digit));
      head.scope = "row";
      const value = probability >= 0.0005 ? formatPercent(probability) : "–";
      row.append(head, bar(probability), element("td", "value", value));
      row.append(element("td", "mark", names.join(", ")));
      table.append(row);
    });
    content.replaceChildren(canvas, table);
  });
}

/** @param {number} probability */
function bar(probability) {
  const cell = element("td", "bar"), length = element("i");
  length.style.width = `${100 * probability}%`;
  cell.append(length);
  return cell;
}
