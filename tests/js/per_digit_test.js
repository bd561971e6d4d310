import assert from "node:assert";
import { curvePoints } from "../../assets/components/per_digit_table/curve.js";

Deno.test("a curve rises from the bottom at 0 to the top at 1, and leaves out the unknown", () => {
  assert.deepEqual(curvePoints([0, 0.5, 1], [0, null, 1]), [[3, 23], [157, 3]]);
  assert.deepEqual(curvePoints([1], [null]), []);
});
