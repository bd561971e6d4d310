// One neuron's weights, large: an image whose values are shown under pointer or arrow keys, and
// its color scale beside it.

import { PIXELS, putImage, resize, SIDE } from "./canvas.js";
import { find } from "./dom.js";
import { clamp } from "./layout.js";
import { formatWeight } from "./numbers.js";
import { themeOf, weightPalette } from "./theme.js";

/** @import { Guard } from "./component.js" */
/** @import { Theme } from "./theme.js" */

const BAR_WIDTH = 10, SCALE_WIDTH = 56; // pixels
const CENTER = SIDE * (SIDE / 2) + SIDE / 2;

/**
 * Weights → int8, ±127 at ±scale.
 *
 * @param {Float32Array} weights
 * @param {number} scale
 */
export function quantize(weights, scale) {
  return Int8Array.from(weights, (weight) => {
    const value = scale ? (127 * weight) / scale : 0;
    return Number.isFinite(value) ? Math.round(clamp(value, -127, 127)) : 0;
  });
}

/** The largest size of a weight. @param {Float32Array} weights */
export const largestWeight = (weights) =>
  weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0);

/**
 * @param {Element} box the element with both canvases
 * @param {HTMLElement} valueText where the value is written that is pointed at
 * @param {Guard} guard
 */
export function weightImage(box, valueText, guard) {
  const canvas = find(box, ".weights", HTMLCanvasElement);
  const scaleCanvas = find(box, ".scale", HTMLCanvasElement);
  /** @type {Float32Array | null} */
  let weights = null;
  let scale = 0, name = "";
  /** @type {number | null} index of the weight that is read */
  let index = null;

  function draw() {
    if (!weights) return;
    const theme = themeOf(canvas), palette = weightPalette(theme);
    putImage(canvas, quantize(weights, scale), palette, 128);
    const range = `from −${formatWeight(scale)} (red) to ${formatWeight(scale)} (blue)`;
    canvas.setAttribute(
      "aria-label",
      `${name}: 28 × 28 weights as an image, ${range}. Arrow keys step through the values.`,
    );
    drawScale(theme, palette);
    read();
  }

  /**
   * @param {Theme} theme
   * @param {Uint32Array} palette
   */
  function drawScale(theme, palette) {
    const height = canvas.clientHeight;
    scaleCanvas.style.height = `${height}px`;
    const ctx = resize(scaleCanvas, SCALE_WIDTH, height);
    for (let y = 0; y < height; y++) {
      const color = palette[Math.round(127 - (254 * y) / Math.max(1, height - 1)) + 128];
      ctx.fillStyle = `rgb(${color & 255}, ${(color >> 8) & 255}, ${(color >> 16) & 255})`;
      ctx.fillRect(0, y, BAR_WIDTH, 1);
    }
    ctx.fillStyle = theme.text;
    ctx.font = `11px ${theme.font}`;
    /** @type {[number, number, CanvasTextBaseline][]} */
    const labels = [[scale, 0, "top"], [0, height / 2, "middle"], [-scale, height, "bottom"]];
    for (const [value, y, baseline] of labels) {
      ctx.textBaseline = baseline;
      ctx.fillText(formatWeight(value), BAR_WIDTH + 4, y);
    }
  }

  function read() {
    valueText.textContent = index === null || !weights
      ? ""
      : `Row ${Math.floor(index / SIDE) + 1}, column ${(index % SIDE) + 1}: ` +
        formatWeight(weights[index]);
  }

  canvas.onpointermove = canvas.onpointerdown = guard(({ offsetX, offsetY }) => {
    const [x, y] = [offsetX, offsetY].map((offset) =>
      clamp(Math.floor((offset * SIDE) / canvas.clientWidth), 0, SIDE - 1)
    );
    index = y * SIDE + x;
    read();
  });
  canvas.onpointerleave = canvas.onblur = guard(() => {
    index = null;
    read();
  });
  canvas.onkeydown = guard((event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE };
    const move = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (!move) return;
    index = clamp((index ?? CENTER) + move, 0, PIXELS - 1);
    event.preventDefault();
    read();
  });

  return {
    draw,
    /**
     * @param {Float32Array} newWeights (784,)
     * @param {string} newName
     * @param {number} [newScale] the weight with the strongest color, else the largest
     */
    show(newWeights, newName, newScale) {
      weights = newWeights;
      name = newName;
      scale = newScale ?? largestWeight(newWeights);
      draw();
    },
  };
}
