import assert from "node:assert";
import { clamp, gridColumns } from "../../assets/lib/layout.js";

Deno.test("tiles fill the space: no other number of columns makes them larger", () => {
  for (const [count, width, height] of [[128, 620, 600], [10, 360, 470], [1000, 1100, 500]]) {
    const tile = (/** @type {number} */ columns) =>
      Math.min(width / columns, height / Math.ceil(count / columns));
    const best = gridColumns(count, width, height, Infinity);
    for (let columns = 1; columns <= count; columns++) assert(tile(columns) <= tile(best));
  }
});

Deno.test("tiles that reach their limit stand in as few rows as possible", () => {
  assert.equal(gridColumns(10, 1300, 600, 120), 10);
  assert.equal(gridColumns(1, 1300, 600, 120), 1);
});

Deno.test("no tiles need one column", () => assert.equal(gridColumns(0, 600, 600, 120), 1));

Deno.test("a clamped value lies between both ends", () => {
  assert.deepEqual([-5, 3, 12].map((value) => clamp(value, 0, 10)), [0, 3, 10]);
});
