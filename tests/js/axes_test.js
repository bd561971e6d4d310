import assert from "node:assert";
import { divergedRange, toEpochs, toSeconds, totalSamples } from "../../assets/lib/axes.js";

/** @import { Epoch, Status } from "../../assets/lib/stream.js" */

const status = /** @type {Status} */ ({
  samples_seen: 25000,
  seconds: 60,
  step: 250,
  total_steps: 400,
  epochs: 4,
});
const epochs = /** @type {Epoch[]} */ ([
  { epoch: 1, samples_seen: 10000, seconds: 20 },
  { epoch: 2, samples_seen: 20000, seconds: 50 },
]);

Deno.test("the images of the whole run are known from its steps, or from its first epoch", () => {
  assert.equal(totalSamples({ epochs: [], status }), 40000);
  assert.equal(totalSamples({ epochs, status }), 40000);
});

Deno.test("images seen become epochs in proportion", () => {
  assert.equal(toEpochs(0, { epochs, status }), 0);
  assert.equal(toEpochs(15000, { epochs, status }), 1.5);
});

Deno.test("seconds are exact at the end of each epoch and now, and interpolated between", () => {
  const training = { epochs, status };
  assert.deepEqual(
    [0, 5000, 10000, 15000, 20000, 25000].map((samples) => toSeconds(samples, training)),
    [0, 10, 20, 35, 50, 60],
  );
});

Deno.test("a run without a complete epoch has seconds, too", () => {
  assert.equal(toSeconds(12500, { epochs: [], status }), 30);
});

Deno.test("a diverged loss leaves the axis at the top; what was before stays readable", () => {
  const [low, high] = divergedRange([2.3, 2.5, 4, 1e6]);
  assert(low === 0 && 4 < high && high < 6);
  assert(divergedRange([2.3, 900, 1e5, 1e6])[1] < 12);
  assert(divergedRange([1e6])[1] > 1);
});
