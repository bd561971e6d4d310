import assert from "node:assert";
import { inOrder, nextOrder, written } from "../../assets/components/compare_table/rows.js";

const rows = [["b", 2], ["a10", null], ["a9", 10]].map((values, i) => ({
  runs: [String(i)],
  values,
}));
/** @param {import("../../assets/components/compare_table/rows.js").Order | null} order */
const ids = (order) => inOrder(rows, order).map(({ runs }) => runs[0]).join("");

Deno.test("rows are sorted by texts and numbers; those without a value are last", () => {
  assert.equal(ids(null), "012");
  assert.equal(ids({ column: 0, descending: false }), "210");
  assert.equal(ids({ column: 0, descending: true }), "012");
  assert.equal(ids({ column: 1, descending: false }), "021");
  assert.equal(ids({ column: 1, descending: true }), "201");
});

Deno.test("numbers in texts are sorted as such", () => {
  const texts = ["rate 0.03", "rate 0.1", "run 9", "run 10", "run 10 again"];
  const rows = texts.toReversed().map((text) => ({ runs: [], values: [text] }));
  const sorted = inOrder(rows, { column: 0, descending: false });
  assert.deepEqual(sorted.map(({ values }) => values[0]), texts);
});

Deno.test("clicks on a heading sort one way, then the other, then not", () => {
  const first = nextOrder(null, 1, true);
  assert.deepEqual(first, { column: 1, descending: true });
  const second = nextOrder(first, 1, true);
  assert.deepEqual(second, { column: 1, descending: false });
  assert.equal(nextOrder(second, 1, true), null);
  assert.deepEqual(nextOrder(second, 0, false), { column: 0, descending: false });
});

Deno.test("values are written as their columns have them", () => {
  const now = 1e12, before = (/** @type {number} */ seconds) => now - 1000 * seconds;
  assert.equal(written(0.97418, "percent", now), "97.42 %");
  assert.equal(written(101_770, "localized", now), "101,770");
  assert.equal(written(4.06, "%.1f", now), "4.1");
  assert.equal(written(0.1 + 0.2, "", now), "0.3");
  assert.equal(written(before(30), "distance", now), "just now");
  assert.equal(written(before(7300), "distance", now), "2 hours ago");
  assert.equal(written(before(90_000), "distance", now), "yesterday");
  assert.equal(written(null, "percent", now), "–");
  assert.equal(written("", "", now), "–");
  assert.equal(written(false, "", now), "no");
  assert.equal(written("sgd", "", now), "sgd");
});
