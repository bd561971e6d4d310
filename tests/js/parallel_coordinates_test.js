import assert from "node:assert";
import {
  asRange,
  fixedEnd,
  isWithin,
  moved,
  nearest,
  percentScale,
  positionOf,
  scaleOf,
  textAt,
  ticksOf,
} from "../../assets/components/parallel_coordinates/scales.js";

const numbers = { label: "Learning rate", categories: null };
const words = { label: "Optimizer", categories: ["SGD", "RMSProp", "Adam"] };

Deno.test("numbers over a wide range are on a logarithmic axis, others on a linear one", () => {
  const log = scaleOf(numbers, [1, 0.01, 0.1]);
  assert.equal(log.kind, "log");
  assert.deepEqual([0.01, 0.1, 1].map((value) => +positionOf(log, value).toFixed(9)), [0, 0.5, 1]);
  const linear = scaleOf(numbers, [0, 0.5, 0.25]);
  assert.equal(linear.kind, "linear");
  assert.deepEqual([0, 0.25, 0.5].map((value) => positionOf(linear, value)), [0, 0.5, 1]);
});

Deno.test("categories are in their order, and a single value is in the middle", () => {
  const scale = scaleOf(words, [2, 0]);
  assert.deepEqual([0, 1, 2].map((value) => positionOf(scale, value)), [0, 0.5, 1]);
  assert.equal(textAt(scale, 0.6), "RMSProp");
  assert.equal(positionOf(scaleOf(numbers, [3, 3]), 3), 0.5);
});

Deno.test("a position on an axis is written as its value", () => {
  assert.equal(textAt(scaleOf(numbers, [0.01, 1]), 0.5), "0.1");
  assert.equal(textAt(scaleOf(numbers, [16, 64]), 0.5), "40");
  assert.equal(textAt(percentScale([0.9, 0.95]), 1), "95.00 %");
});

Deno.test("ticks are at the values, those too close are left out, and the ends stay", () => {
  const few = [0.1, 0.2, 0.3];
  assert.deepEqual(ticksOf(scaleOf(numbers, few), few).map(({ text }) => text), [
    "0.1",
    "0.2",
    "0.3",
  ]);
  const many = Array.from({ length: 101 }, (_, i) => i);
  const ticks = ticksOf(scaleOf(numbers, many), many);
  assert.ok(ticks.length > 5 && ticks.length < 13);
  assert.deepEqual([ticks[0].text, ticks.at(-1)?.text], ["0", "100"]);
  ticks.slice(1).forEach(({ at }, i) => assert.ok(at - ticks[i].at >= 0.09 - 1e-9));
  assert.deepEqual(ticksOf(scaleOf(words, [0]), [0]).map(({ text }) => text), words.categories);
  assert.equal(ticksOf(percentScale([0.9, 0.9]), [0.9, 0.9]).length, 1);
});

Deno.test("a line is shown if it is within every filter", () => {
  assert.ok(isWithin([0, 1], [null, null]));
  assert.ok(isWithin([0.5, 1], [[0.5, 0.7], null]));
  assert.ok(!isWithin([0.5, 1], [[0.5, 0.7], [0, 0.9]]));
});

Deno.test("a drag from near an end moves that end, any other makes a new range", () => {
  assert.equal(fixedEnd(null, 0.98, 0.05), 0);
  assert.equal(fixedEnd(null, 0.02, 0.05), 1);
  assert.equal(fixedEnd(null, 0.4, 0.05), 0.4);
  assert.equal(fixedEnd([0.2, 0.6], 0.58, 0.05), 0.2);
  assert.equal(fixedEnd([0.2, 0.24], 0.21, 0.05), 0.24); // near both: the nearer one moves
  assert.equal(fixedEnd([0.2, 0.24], 0.23, 0.05), 0.2);
  assert.equal(fixedEnd([0.2, 0.2], 0.19, 0.05), 0.2);
  assert.deepEqual(asRange(0.7, 0.3), [0.3, 0.7]);
  assert.deepEqual(asRange(-1, 0.3), [0, 0.3]);
  assert.equal(asRange(0, 1), null);
});

Deno.test("an end does not pass the other one", () => {
  assert.deepEqual(moved(null, 0, 0.2), [0.2, 1]);
  assert.deepEqual(moved([0.2, 0.6], 1, 0.1), [0.2, 0.2]);
  assert.deepEqual(moved([0.2, 0.6], 0, 0.9), [0.6, 0.6]);
  assert.equal(moved([0.2, 1], 0, 0), null);
});

Deno.test("the nearest line is found between the axes, and none far away", () => {
  /** @type {[number, number][][]} */
  const lines = [[[0, 0], [100, 100]], [[0, 100], [100, 0]]];
  assert.equal(nearest(lines, 25, 30, 12), 0);
  assert.equal(nearest(lines, 25, 70, 12), 1);
  assert.equal(nearest(lines, 25, 50, 12), -1);
  assert.equal(nearest(lines, 200, 100, 12), -1);
  assert.equal(nearest(lines, 100, 99, 12), 0);
});
