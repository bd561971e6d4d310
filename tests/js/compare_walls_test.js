import assert from "node:assert";
import { accuracyAt, lastUpTo, stops } from "../../assets/components/compare_walls/at_images.js";

Deno.test("the timeline stops at the snapshots of all runs, in order", () => {
  assert.deepEqual(stops([[0, 10, 1000], [0, 100]], 100), [0, 10, 100, 1000]);
});

Deno.test("there are no more stops than wanted, and the last is one of them", () => {
  const run = Array.from({ length: 1000 }, (_, i) => 32 * i), other = run.map((count) => count + 7);
  const found = stops([run, other], 50);
  assert(found.length > 20 && found.length <= 53);
  assert.equal(found[0], 0);
  assert.equal(found.at(-1), 32 * 999 + 7);
  assert.deepEqual(found, found.toSorted((a, b) => a - b));
});

Deno.test("runs without snapshots, or with the first alone, have stops", () => {
  assert.deepEqual(stops([], 50), []);
  assert.deepEqual(stops([[], [0]], 50), [0]);
});

Deno.test("the snapshot shown is the last one up to the images seen", () => {
  assert.equal(lastUpTo([0, 10, 100], 99), 1);
  assert.equal(lastUpTo([0, 10, 100], 100), 2);
  assert.equal(lastUpTo([5, 10], 1), 0);
});

Deno.test("the accuracy is the last one known by then", () => {
  const epoch = {
    epoch: 1,
    step: 10,
    samples_seen: 1000,
    seconds: 1,
    val_loss: null,
    val_accuracy: null,
    test_accuracy: 0.9,
    train_accuracy: null,
  };
  const run = {
    epochs: [epoch],
    estimates: { samples_seen: [0, 500, 1500], accuracy: [0.1, 0.5, 0.95] },
  };
  assert.equal(accuracyAt(run, 0), "about 10 % accuracy");
  assert.equal(accuracyAt(run, 999), "about 50 % accuracy");
  assert.equal(accuracyAt(run, 1000), "90.0 % test accuracy");
  assert.equal(accuracyAt(run, 2000), "about 95 % accuracy");
  const none = { epochs: [], estimates: { samples_seen: [], accuracy: [] } };
  assert.equal(accuracyAt(none, 5), "");
});
