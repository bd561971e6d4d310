// Images as a grid of buttons, each with two lines and, where given, its ten probabilities.

import { barColumns, marksOf } from "../../lib/bars.js";
import { decode, putImage } from "../../lib/canvas.js";
import { mountDrawing } from "../../lib/component.js";
import { element } from "../../lib/dom.js";
import { roving } from "../../lib/keyboard.js";
import { drawingPalette } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */

/**
 * @typedef {object} Thumbnail see pages/components/thumbnails.py
 * @property {number} row
 * @property {string} image Base64 (28, 28) uint8
 * @property {string} title
 * @property {string} note
 * @property {string} alt
 * @property {number[] | null} probabilities (10,)
 * @property {number | null} label
 * @property {number | null} predicted
 */

/** @type {WeakMap<HTMLElement, () => void>} */
const refreshing = new WeakMap();

/** @param {Call} call */
export default function thumbnails(call) {
  return mountDrawing(call, (content, data, theme, { setTriggerValue }) => {
    const root = /** @type {Document | ShadowRoot} */ (content.getRootNode());
    const hadFocus = content.contains(root.activeElement);
    const palette = drawingPalette(theme);
    content.replaceChildren(
      ...data.thumbnails.map((/** @type {Thumbnail} */ thumbnail) => {
        const { image, title, note, alt } = thumbnail;
        const button = element("button", "thumbnail"), canvas = element("canvas");
        button.setAttribute("aria-label", `${alt} Open it.`);
        putImage(canvas, decode(image), palette);
        button.append(canvas, bars(thumbnail), element("b", "", title));
        button.append(element("span", "note", note));
        button.onclick = () => setTriggerValue("opened", thumbnail.row);
        return button;
      }),
    );
    const refresh = refreshing.get(content) ?? roving(content);
    refreshing.set(content, refresh);
    refresh();
    if (hadFocus) content.querySelector("button")?.focus();
  });
}

/** @param {Thumbnail} thumbnail */
function bars({ probabilities, label, predicted }) {
  if (!probabilities) return "";
  const { box, update } = barColumns();
  update(probabilities, marksOf(label, predicted));
  return box;
}
