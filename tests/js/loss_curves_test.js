import assert from "node:assert";
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
