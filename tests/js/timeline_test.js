import assert from "node:assert";
import {
  accuracyHeight,
  indexAfterKey,
  logScale,
  nearestIndex,
  ticks,
} from "../../assets/components/timeline/scale.js";

Deno.test("the timeline reaches from the untrained network to the last snapshot", () => {
  const x = logScale([0, 32, 64, 32000], 0, 12, 600);
  assert.equal(x(0), 12);
  assert.equal(Math.round(x(32000)), 612);
});

Deno.test("equal factors of images seen are equally far apart", () => {
  const x = logScale([0, 32, 64, 32000], 0, 12, 600);
  assert(Math.abs((x(1000) - x(100)) - (x(10000) - x(1000))) < 1e-9);
});

Deno.test("positions rise with the images seen, however few snapshots there are", () => {
  for (const kept of [[], [0], [0, 1], [5, 5], [0, 32, 64]]) {
    const x = logScale(kept, 100, 0, 600), positions = kept.map(x);
    assert(positions.every(Number.isFinite));
    assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
  }
});

Deno.test("from 90 to 99 % is as far as from 0 to 90 %", () => {
  assert.equal(accuracyHeight(0), 0);
  const [ninety, ninetyNine] = [0.9, 0.99].map(accuracyHeight);
  assert(Math.abs(ninetyNine - 2 * ninety) < 1e-9);
  assert.equal(accuracyHeight(1), 1);
});

Deno.test("the nearest snapshot is found", () => {
  assert.equal(nearestIndex([0, 10, 100], 60), 2);
  assert.equal(nearestIndex([0, 10, 100], -5), 0);
});

Deno.test("labels are powers of ten that lie inside", () => {
  assert.deepEqual(ticks((n) => Math.log10(n), 2.5, 5.5), [1e3, 1e4, 1e5]);
});

Deno.test("keys move the handle as they do any slider's", () => {
  assert.equal(indexAfterKey("ArrowLeft", 5, 20), 4);
  assert.equal(indexAfterKey("ArrowUp", 5, 20), 6);
  assert.equal(indexAfterKey("Home", 5, 20), 0);
  assert.equal(indexAfterKey("End", 5, 20), 19);
  assert.equal(indexAfterKey("PageDown", 15, 20), 5);
  assert.equal(indexAfterKey("x", 5, 20), undefined);
});
