// The arithmetic of the weight wall's tiles: which weights they show, and at which scale.

import { contextOf, PIXELS, SIDE } from "../../lib/canvas.js";
import { clamp } from "../../lib/layout.js";

/** @import { Snapshot } from "../../lib/wire.js" */

const GAP = 2; // pixels of the bitmap between two tiles
export const CELL = SIDE + GAP;
const SAMPLED = 17; // a percentile is estimated from one of so many weights

/**
 * The change of each weight between two snapshots, as a snapshot.
 *
 * @param {Snapshot} from
 * @param {Snapshot} to
 * @returns {Snapshot}
 */
export function difference(from, to) {
  const { neurons } = to;
  const scales = new Float32Array(neurons), tiles = new Int8Array(neurons * PIXELS);
  const change = new Float32Array(PIXELS);
  for (let n = 0; n < neurons; n++) {
    const fromScale = from.scales[n] / 127, toScale = to.scales[n] / 127, start = n * PIXELS;
    let strongest = 0;
    for (let i = 0; i < PIXELS; i++) {
      change[i] = to.tiles[start + i] * toScale - from.tiles[start + i] * fromScale;
      strongest = Math.max(strongest, Math.abs(change[i]));
    }
    scales[n] = strongest;
    if (!strongest) continue;
    for (let i = 0; i < PIXELS; i++) {
      tiles[start + i] = Math.round((change[i] * 127) / strongest);
    }
  }
  return { ...to, scales, tiles };
}

/**
 * The weight that gets the strongest color; null: of each neuron its own strongest.
 *
 * @param {Snapshot} snapshot
 * @param {string} scale "neuron", "layer" or "percentile" (exceeded by 1 % of the weights)
 */
export function fullColorWeight({ scales, tiles }, scale) {
  if (scale === "neuron") return null;
  if (scale === "layer") return Math.max(...scales);
  const sizes = [];
  for (let i = 0; i < tiles.length; i += SAMPLED) {
    sizes.push((Math.abs(tiles[i]) / 127) * scales[Math.floor(i / PIXELS)]);
  }
  return sizes.sort((a, b) => a - b)[Math.floor(0.99 * sizes.length)];
}

/**
 * Write one neuron's tile into an image.
 *
 * @param {Snapshot} snapshot
 * @param {number} neuron
 * @param {number | null} fullColor see fullColorWeight
 * @param {Uint32Array} palette of int8 weights, from −128
 * @param {Uint32Array} pixels of the image
 * @param {number} offset of the tile's first pixel
 * @param {number} stride pixels of a row of the image
 */
export function paintTile(snapshot, neuron, fullColor, palette, pixels, offset, stride) {
  const factor = fullColor ? snapshot.scales[neuron] / fullColor : 1;
  const { tiles } = snapshot;
  let from = neuron * PIXELS;
  for (let y = 0; y < 28; y++) {
    for (let x = 0; x < 28; x++) {
      const weight = clamp(tiles[from++] * factor, -127, 127);
      pixels[offset + x] = palette[Math.round(weight) + 128];
    }
    offset += stride;
  }
}

/**
 * Make a canvas a grid of tiles, one pixel a weight.
 *
 * @param {HTMLCanvasElement} bitmap
 * @param {Snapshot} snapshot
 * @param {number[]} neurons to show, in order
 * @param {number} columns
 * @param {number | null} fullColor see fullColorWeight
 * @param {Uint32Array} palette of int8 weights, from −128
 */
export function paintTiles(bitmap, snapshot, neurons, columns, fullColor, palette) {
  bitmap.width = columns * CELL - GAP;
  bitmap.height = Math.max(1, Math.ceil(neurons.length / columns)) * CELL - GAP;
  const image = new ImageData(bitmap.width, bitmap.height);
  const pixels = new Uint32Array(image.data.buffer);
  neurons.forEach((n, i) => {
    const offset = Math.floor(i / columns) * CELL * bitmap.width + (i % columns) * CELL;
    paintTile(snapshot, n, fullColor, palette, pixels, offset, bitmap.width);
  });
  contextOf(bitmap).putImageData(image, 0, 0);
}
