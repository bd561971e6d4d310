// The charts below a neuron's weights, each on a canvas of its own.

import { bitmap, PIXELS, resize } from "../../lib/canvas.js";
import { clamp } from "../../lib/layout.js";
import { formatCompact, formatWeight } from "../../lib/numbers.js";
import { drawingPalette, themeOf, weightPalette } from "../../lib/theme.js";

const LABEL_HEIGHT = 20; // pixels below an image

/**
 * A canvas as wide as the space there is; hidden if it has no height.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} height pixels
 */
export function prepare(canvas, height) {
  const width = canvas.parentElement?.clientWidth ?? 0, theme = themeOf(canvas);
  canvas.hidden = !height;
  canvas.style.height = `${height}px`;
  const ctx = resize(canvas, width, height);
  ctx.font = `11px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.text;
  return { ctx, width, theme };
}

/**
 * The images that activate the neuron most in one row, those that do least below.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} images (n, 784)
 * @param {number[]} labels (n,) the first half of the top ones
 */
export function drawTopActivating(canvas, images, labels) {
  const columns = labels.length / 2, left = 38, gap = 3;
  const width = (canvas.parentElement?.clientWidth ?? 0) - left;
  const side = Math.min(40, width / columns - gap), row = side + LABEL_HEIGHT;
  const { ctx, theme } = prepare(canvas, 2 * row);
  const palette = drawingPalette(theme);
  ["top", "least"].forEach((word, y) => ctx.fillText(word, 0, y * row + side / 2));
  ctx.textAlign = "center";
  labels.forEach((label, i) => {
    const x = left + (i % columns) * (side + gap), y = Math.floor(i / columns) * row;
    const image = images.subarray(PIXELS * i, PIXELS * (i + 1));
    ctx.drawImage(bitmap(image, palette), x, y, side, side);
    ctx.fillText(String(label), x + side / 2, y + side + 8);
  });
}

/**
 * A histogram of the activations for each digit, one below the other. Heights are square roots,
 * and the first bin is cut off: the few images that activate the neuron show beside the many.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ low: number, high: number, shares: number[][] }} histogram shares: (10, bins)
 * @param {number | null} preferredClass drawn in the accent color
 */
export function drawActivations(canvas, { low, high, shares }, preferredClass) {
  const row = 21, left = 18, top = 8;
  const { ctx, width, theme } = prepare(canvas, shares.length * row + top + 18);
  const bin = (width - left - 4) / shares[0].length, right = width - 4;
  const largest = Math.max(1e-4, ...shares.flatMap((bins) => bins.slice(1)));
  shares.forEach((bins, digit) => {
    const base = top + (digit + 1) * row;
    ctx.fillStyle = theme.text;
    ctx.fillText(String(digit), 2, base - 6);
    ctx.globalAlpha = 0.25;
    ctx.fillRect(left, base, right - left, 1);
    ctx.globalAlpha = 0.9;
    ctx.fillStyle = digit === preferredClass ? theme.accent : theme.positive;
    bins.forEach((share, i) => {
      const height = (row - 3) * Math.min(1, Math.sqrt(share / largest));
      ctx.fillRect(left + i * bin, base - height, Math.max(1, bin - 0.5), height);
    });
    ctx.globalAlpha = 1;
  });
  const y = top + shares.length * row + 10;
  ctx.fillStyle = theme.text;
  ctx.fillText(formatWeight(low), left, y);
  ctx.textAlign = "right";
  ctx.fillText(formatWeight(high), right, y);
}

/**
 * Upright bars from a common zero.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ labels: string[], values: number[] }} bars
 * @param {(value: number) => string} format
 */
export function drawBars(canvas, { labels, values }, format) {
  const height = 120, bottom = 18, top = 13;
  const { ctx, width, theme } = prepare(canvas, height);
  const high = Math.max(0, ...values), low = Math.min(0, ...values);
  const unit = (height - bottom - 2 * top) / (high - low || 1); // pixels
  const zero = top + unit * high, step = Math.min(44, width / labels.length);
  const widest = Math.max(...labels.map((label) => ctx.measureText(label).width));
  const every = Math.ceil((4 + widest) / step); // so many bars share one label's space
  ctx.textAlign = "center";
  values.forEach((value, i) => {
    const x = i * step, y = zero - unit * value;
    ctx.fillStyle = value < 0 ? theme.negative : theme.positive;
    ctx.fillRect(x + 2, Math.min(zero, y), step - 4, Math.max(1, Math.abs(y - zero)));
    ctx.fillStyle = theme.text;
    if (step >= 24) ctx.fillText(format(value), x + step / 2, value < 0 ? y + 7 : y - 6);
    if (i % every === 0) ctx.fillText(labels[i], x + step / 2, height - 7);
  });
  ctx.globalAlpha = 0.4;
  ctx.fillRect(0, zero, labels.length * step, 1);
  ctx.globalAlpha = 1;
}

/**
 * The neuron's weights at earlier snapshots, with the images seen below.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Int8Array} tiles (n, 784)
 * @param {number[]} samplesSeen (n,)
 */
export function drawHistory(canvas, tiles, samplesSeen) {
  const width = canvas.parentElement?.clientWidth ?? 0, count = samplesSeen.length;
  const columns = clamp(Math.floor(width / 56), 1, count);
  const cell = Math.min(64, width / columns), side = cell - 4, row = side + LABEL_HEIGHT - 2;
  const { ctx, theme } = prepare(canvas, Math.ceil(count / columns) * row);
  const palette = weightPalette(theme);
  ctx.textAlign = "center";
  samplesSeen.forEach((samples, i) => {
    const x = (i % columns) * cell, y = Math.floor(i / columns) * row;
    const tile = tiles.subarray(PIXELS * i, PIXELS * (i + 1));
    ctx.drawImage(bitmap(tile, palette, 128), x, y, side, side);
    ctx.fillText(formatCompact(samples), x + side / 2, y + side + 8);
  });
}
