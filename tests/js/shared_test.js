import assert from "node:assert";
import { shared } from "../../assets/lib/shared.js";

Deno.test("viewers hear of each change of a shared value, once, until they end it", () => {
  const value = shared(0);
  /** @type {number[]} */
  const received = [];
  const end = value.observe((news) => received.push(news));
  value.set(1);
  value.set(1);
  value.set(2);
  end();
  value.set(3);
  assert.deepEqual(received, [1, 2]);
  assert.equal(value.get(), 3);
});
