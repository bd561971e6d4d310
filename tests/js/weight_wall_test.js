import assert from "node:assert";
import {
  difference,
  fullColorWeight,
  paintTile,
} from "../../assets/components/weight_wall/tiles.js";
import { quantize } from "../../assets/lib/weight_image.js";

/** @import { Snapshot } from "../../assets/lib/wire.js" */

/**
 * Neurons whose weights are all the same.
 *
 * @param {number[]} weights one a neuron
 * @returns {Snapshot}
 */
function snapshotOf(weights) {
  const scales = Float32Array.from(weights, Math.abs);
  const tiles = Int8Array.from(
    { length: 784 * weights.length },
    (_, i) => 127 * Math.sign(weights[Math.floor(i / 784)]),
  );
  const { length } = weights;
  return /** @type {Snapshot} */ ({ step: 1, samples_seen: 32, neurons: length, scales, tiles });
}

Deno.test("a change is the difference of the weights, each neuron at its own scale", () => {
  const change = difference(snapshotOf([1, -2, 3]), snapshotOf([1.5, -3, 3]));
  assert.deepEqual([...change.scales], [0.5, 1, 0]);
  assert.deepEqual([0, 784, 1568].map((i) => change.tiles[i]), [127, -127, 0]);
});

Deno.test("full color is for each neuron's largest weight, or one weight for all", () => {
  const snapshot = snapshotOf([1, -2, 4]);
  assert.equal(fullColorWeight(snapshot, "neuron"), null);
  assert.equal(fullColorWeight(snapshot, "layer"), 4);
  assert.equal(fullColorWeight(snapshot, "percentile"), 4);
});

Deno.test("a tile is painted at its place, in relation to the weight with the full color", () => {
  const palette = Uint32Array.from({ length: 256 }, (_, i) => i), stride = 60;
  const pixels = new Uint32Array(28 * stride);
  paintTile(snapshotOf([1, -2]), 1, 4, palette, pixels, 30, stride);
  const half = 128 - Math.floor(127 / 2);
  assert.deepEqual([pixels[29], pixels[30], pixels[57], pixels[58]], [0, half, half, 0]);
  assert.equal(pixels[27 * stride + 30], half);
});

Deno.test("weights become int8 at their scale, and what is no number becomes 0", () => {
  const weights = Float32Array.of(1, -0.5, 3, NaN);
  assert.deepEqual([...quantize(weights, 1)], [127, -63, 127, 0]);
  assert.deepEqual([...quantize(weights, 0)], [0, 0, 0, 0]);
});
