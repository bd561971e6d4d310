import assert from "node:assert";
import { moved } from "../../assets/lib/keyboard.js";

Deno.test("arrow keys move within a grid and stop at its edges", () => {
  // 0 1 2
  // 3 4
  const go = (/** @type {string} */ key, /** @type {number} */ from) => moved(key, from, 5, 3);
  assert.equal(go("ArrowRight", 0), 1);
  assert.equal(go("ArrowRight", 2), 3);
  assert.equal(go("ArrowRight", 4), 4);
  assert.equal(go("ArrowLeft", 0), 0);
  assert.equal(go("ArrowDown", 1), 4);
  assert.equal(go("ArrowDown", 2), 2);
  assert.equal(go("ArrowUp", 1), 1);
  assert.equal(go("ArrowUp", 4), 1);
  assert.equal(go("Home", 4), 0);
  assert.equal(go("End", 0), 4);
  assert.equal(go("a", 0), null);
});
