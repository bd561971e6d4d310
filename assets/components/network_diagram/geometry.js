// Where the nodes and lines of the network diagram lie.

import { SIDE } from "../../lib/canvas.js";
import { moved } from "../../lib/keyboard.js";
import { clamp } from "../../lib/layout.js";

/** @import { Connections } from "../../lib/wire.js" */

/** @typedef {{ x: number, y: number, r: number }} Node */

/**
 * What the pointer is on: a node of a layer, or a line from that layer to the next.
 *
 * @typedef {{ layer: number, node?: number, line?: number }} Target
 */

export const MARGIN = 14; // pixels
const NODE_REACH = 4, LINE_REACH = 5; // pixels from which the pointer finds them

/**
 * The nodes of each layer, in pixels: the inputs as an image on the left, a column for each
 * further layer.
 *
 * @param {number[]} sizes
 * @param {number} width
 * @param {number} height
 * @returns {Node[][]}
 */
export function placeNodes(sizes, width, height) {
  const side = Math.min(0.26 * width, height - 2 * MARGIN);
  const cell = side / SIDE, top = (height - side) / 2;
  return sizes.map((count, layer) => {
    if (layer === 0) {
      return Array.from({ length: count }, (_, n) => ({
        x: MARGIN + ((n % SIDE) + 0.5) * cell,
        y: top + (Math.floor(n / SIDE) + 0.5) * cell,
        r: cell / 2,
      }));
    }
    const x = side + (layer / (sizes.length - 1)) * (width - side - 2.5 * MARGIN);
    const step = (height - 2 * MARGIN) / count;
    const r = clamp(0.4 * step, 1, 6);
    return Array.from({ length: count }, (_, n) => ({ x, y: MARGIN + (n + 0.5) * step, r }));
  });
}

/**
 * The node at a point, else the line next to it.
 *
 * @param {Node[][]} nodes
 * @param {Connections[]} connections
 * @param {number} x
 * @param {number} y
 * @returns {Target | null}
 */
export function targetAt(nodes, connections, x, y) {
  for (let layer = nodes.length - 1; layer >= 0; layer--) {
    const node = nodes[layer].findIndex((p) =>
      Math.hypot(p.x - x, p.y - y) < Math.max(p.r, layer ? NODE_REACH : 0)
    );
    if (node >= 0) return { layer, node };
  }
  /** @type {Target | null} */
  let best = null;
  let nearest = LINE_REACH;
  connections.forEach(({ starts, ends, weights }, layer) => {
    for (let line = weights.length - 1; line >= 0; line--) {
      const from = nodes[layer][starts[line]], to = nodes[layer + 1][ends[line]];
      if (x < from.x || x > to.x) continue;
      // The curve's height at x: it leaves and arrives level, as a smooth step does.
      const t = (x - from.x) / (to.x - from.x), s = t * t * (3 - 2 * t);
      const distance = Math.abs(from.y + s * (to.y - from.y) - y);
      if (distance < nearest) [nearest, best] = [distance, { layer, line }];
    }
  });
  return best;
}

/**
 * Where a key leads from a node: up and down in its layer, left and right to the neighboring layer,
 * at the same height. The first key leads to the first neuron. undefined: no such key.
 *
 * @param {string} key
 * @param {Target | null} from
 * @param {number[]} sizes
 * @returns {Target | undefined}
 */
export function nextNode(key, from, sizes) {
  const layer = from?.layer ?? 1, node = from?.node ?? 0;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  if (step) {
    if (from?.node === undefined) return { layer: 1, node: 0 };
    const to = clamp(layer + step, 1, sizes.length - 1); // pixels have no incoming weights
    const next = Math.floor(((node + 0.5) * sizes[to]) / sizes[layer]);
    return { layer: to, node: to === layer ? node : next };
  }
  const next = moved(key, node, sizes[layer], 1);
  if (next === null) return undefined;
  return from?.node === undefined || !layer ? { layer: 1, node: 0 } : { layer, node: next };
}
