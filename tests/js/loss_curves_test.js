import assert from "node:assert";
import { isDrawn } from "../../assets/components/loss_curves/drawn_epochs.js";
import { inWords } from "../../assets/components/loss_curves/in_words.js";

const NOTHING = {
  points: { samples_seen: [], loss: [], smoothed: [] },
  estimates: { samples_seen: [], accuracy: [] },
  epochs: [],
};

Deno.test("the curves are said in words", () => {
  assert.equal(inWords(NOTHING), "Curves of loss and accuracy: no values yet.");
  const points = { samples_seen: [32, 55000], loss: [2.4, 0.2], smoothed: [2.301, 0.154] };
  const figures = { epoch: 1, step: 1719, samples_seen: 55000, seconds: 1, val_loss: 0.1 };
  const epochs = [{ ...figures, val_accuracy: 0.9812, test_accuracy: null, train_accuracy: 0.99 }];
  const estimates = { samples_seen: [0, 64], accuracy: [0.1, 0.25] };
  assert.equal(
    inWords({ points, estimates, epochs }),
    "Curves of loss and accuracy: training loss 2.30 at first, 0.15 after 55,000 images, " +
      "training accuracy 99.0 %, validation accuracy 98.1 %.",
  );
  assert.match(inWords({ points, estimates, epochs: [] }), /, accuracy about 25\.0 %\.$/);
});

Deno.test("of a long run, some epochs have a marker, and always the same", () => {
  const drawn = (/** @type {number} */ epochs) =>
    Array.from({ length: epochs }, (_, i) => i + 1).filter(isDrawn);
  assert.strictEqual(drawn(255).length, 255);
  assert.strictEqual(drawn(511).length, 255 + 128);
  assert.strictEqual(drawn(1023).length, 255 + 2 * 128);
  assert(drawn(10_000).length < 1000);
  const gaps = drawn(10_000).map((epoch, i, all) => (all[i + 1] ?? 10_000) - epoch);
  assert(gaps.every((gap) => gap <= 64));
});
