// Small images in groups: drawings, and signed values (blue: above 0, red: below) in the
// theme's colors, and network inputs, white on black in every theme. Each group has its images, a
// sign between each two, a title and a note.

import { decode, decodeInt8, putImage } from "../../lib/canvas.js";
import { mountDrawing } from "../../lib/component.js";
import { element } from "../../lib/dom.js";
import { drawingPalette, grayPalette, weightPalette } from "../../lib/theme.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Theme } from "../../lib/theme.js" */

const PHOTO_SIDE = 80; // pixels: a larger image is shown smooth

/**
 * @typedef {object} Image see pages/components/image_gallery.py
 * @property {"drawing" | "input" | "signed"} kind
 * @property {string} values Base64 (height, width), uint8 or, signed, int8
 * @property {number} width
 * @property {number} height
 * @property {string} alt
 */

/** @typedef {{ images: Image[], title: string, note: string, signs: string[] }} Group */

/** @typedef {{ groups: Group[], size: number, wide: boolean }} Data size: pixels of a side */

/** @param {Call} call */
export default function imageGallery(call) {
  return mountDrawing(call, (content, data, theme) => {
    const { groups, size, wide } = /** @type {Data} */ (data);
    content.style.setProperty("--size", `${size}px`);
    content.classList.toggle("wide", wide);
    content.replaceChildren(...groups.map((group) => figure(group, theme)));
  });
}

/**
 * @param {Group} group
 * @param {Theme} theme
 */
function figure({ images, title, note, signs }, theme) {
  const line = element("div", "images");
  images.forEach((image, i) => {
    if (i) line.append(element("span", "sign", signs[i - 1]));
    const box = element("div", "image");
    box.append(imageCanvas(image, theme));
    line.append(box);
  });
  const caption = element("figcaption"), made = element("figure");
  if (title) caption.append(element("b", "", title));
  caption.append(element("span", "", note));
  made.append(line, caption);
  return made;
}

/**
 * @param {Image} image
 * @param {Theme} theme
 */
function imageCanvas({ kind, values, width, height, alt }, theme) {
  const canvas = element("canvas", Math.max(width, height) > PHOTO_SIDE ? "photo" : "");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", alt);
  if (kind === "signed") {
    putImage(canvas, decodeInt8(values), weightPalette(theme), 128, width, height);
  } else {
    const palette = kind === "drawing" ? drawingPalette(theme) : grayPalette;
    putImage(canvas, decode(values), palette, 0, width, height);
  }
  return canvas;
}
