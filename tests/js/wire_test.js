import assert from "node:assert";
import { unpack, unpackAll } from "../../assets/lib/wire.js";

// Written by tests/pages/server/test_wire_fixture.py: the weights of each layer count 1, 2, 3, …
// in units of 1/2048 and 1/32, every third one negative.
const BYTES = Deno.readFileSync(new URL("./wire_fixture.bin", import.meta.url));
const [full, empty] = unpackAll(BYTES.buffer);

/** @param {number} number */
const sign = (number) => number % 3 ? 1 : -1;

Deno.test("a header is what the server packed, whatever its letters", () => {
  assert.equal(full.header.state, "running");
  assert.equal(full.header.message, "Größer als 0 ≤ 1");
  assert.deepEqual(full.header.points.smoothed_loss, [2.25]);
});

Deno.test("a snapshot's tiles times its scales are the first layer's weights", () => {
  const { snapshot } = full;
  assert(snapshot);
  const { step, samples_seen, loss, neurons, total_neurons, scales, tiles } = snapshot;
  assert.deepEqual([step, samples_seen, loss, neurons, total_neurons], [3, 96, 2.5, 2, 2]);
  assert.equal(tiles.length, 2 * 784);
  for (let neuron = 0; neuron < neurons; neuron++) {
    for (let pixel = 0; pixel < 784; pixel++) {
      const number = 2 * pixel + neuron + 1;
      const weight = tiles[784 * neuron + pixel] / 127 * scales[neuron];
      assert(Math.abs(weight - sign(number) * number / 2048) < scales[neuron] / 250);
    }
  }
});

Deno.test("connections are the strongest weights between two layers, the weakest first", () => {
  assert(full.connections);
  assert.equal(full.connections.length, 2);
  const units = [2048, 32], outputs = [2, 10];
  full.connections.forEach(({ starts, ends, weights }, layer) => {
    assert.equal(weights.length, full.header.connections[layer]);
    weights.forEach((weight, i) => {
      const number = starts[i] * outputs[layer] + ends[i] + 1;
      assert.equal(weight, sign(number) * number / units[layer]);
      if (i) assert(Math.abs(weight) > Math.abs(weights[i - 1]));
    });
  });
});

Deno.test("a message may have neither snapshot nor connections", () => {
  assert.equal(empty.snapshot, null);
  assert.equal(empty.connections, null);
});

Deno.test("a message that is cut short is an error, not a wrong snapshot", () => {
  const length = new DataView(BYTES.buffer).getUint32(0, true);
  assert.throws(() => unpack(BYTES.buffer.slice(4, 4 + length - 8)));
});
