import assert from "node:assert";
import {
  cellText,
  curveOf,
  isActive,
  progressText,
  resultOf,
  scaleOf,
} from "../../assets/components/run_grid/cells.js";

/** @import { Status, Stream } from "../../assets/lib/stream.js" */

const RUNNING = {
  state: "running",
  step: 430,
  total_steps: 1000,
  test_accuracy: null,
  seconds: 1.26,
};

/**
 * @param {object} status
 * @param {number[]} accuracy estimates
 * @param {object} more
 */
const stream = (
  status,
  accuracy = [],
  more = {},
) => /** @type {Stream} */ (/** @type {unknown} */ ({
  status: /** @type {Status} */ ({ ...RUNNING, ...status }),
  estimates: { accuracy },
  goneMessage: "",
  problem: "",
  ...more,
}));
const finished = (/** @type {number} */ test_accuracy) =>
  stream({ state: "finished", step: 1000, test_accuracy });

Deno.test("a cell that trains says how far it is and about how accurate", () => {
  assert.deepEqual(cellText(stream({}, [0.2, 0.912])), { result: "≈ 91 %", note: "Training 43 %" });
  const afterEpoch = stream({ test_accuracy: 0.9512 }, [0.9]);
  assert.deepEqual(cellText(afterEpoch), { result: "95.1 %", note: "Training 43 %" });
});

Deno.test("a cell whose run has ended says its result and how long it took, or how it ended", () => {
  assert.deepEqual(cellText(finished(0.974)), { result: "97.4 %", note: "in 1.3 s" });
  assert.equal(cellText(stream({ state: "diverged" })).note, "Diverged");
  assert.equal(cellText(stream({}, [], { goneMessage: "There is no run." })).note, "Deleted");
  assert.equal(cellText(stream({}, [], { status: null, problem: "Too many." })).note, "Not shown");
  assert.deepEqual(cellText(undefined), { result: "", note: "" });
});

Deno.test("only the results of finished runs are on the scale, from the lowest to the highest", () => {
  const streams = [finished(0.6), stream({ test_accuracy: 0.99 }), finished(0.9), finished(0.7)];
  const scale = scaleOf(streams.map(resultOf));
  assert(scale);
  assert.deepEqual([scale.low, scale.high], [0.6, 0.9]);
  assert(Math.abs(scale.middle - 0.8) < 1e-9);
  assert.deepEqual(scale.shares.map((share) => share && Math.round(100 * share)), [
    0,
    null,
    100,
    21,
  ]);
  assert.deepEqual(scaleOf([0.9, 0.9])?.shares, [1, 1]);
  assert.equal(scaleOf([null]), null);
});

Deno.test("progress counts the runs that have ended and estimates the time left", () => {
  const queued = stream({ state: "queued", step: 0, total_steps: 0 });
  const streams = [finished(0.9), stream({ state: "failed" }), queued, queued];
  assert.equal(progressText(streams, 60), "2 of 4 done, about 60 s left");
  assert.equal(progressText(streams, 300), "2 of 4 done, about 5 min left");
  assert.equal(progressText([queued, queued], 5), "0 of 2 done");
  assert.equal(progressText([finished(0.9), finished(0.8)], 60), "2 of 2 done");
  assert.equal(progressText([undefined, undefined], 0), "0 of 2 done");
});

Deno.test("a paused run is active, a deleted one is not", () => {
  assert(isActive(stream({ state: "paused" })));
  assert(!isActive(stream({}, [], { goneMessage: "There is no run." })));
  assert(!isActive(undefined));
});

Deno.test("the curve goes over the whole run, and ends with the accuracy after the last epoch", () => {
  const status = { step: 50, total_steps: 100, samples_seen: 500 };
  const estimates = { samples_seen: [0, 250], accuracy: [0, 0.9] };
  const epochs = [{ samples_seen: 500, val_accuracy: 0.99, test_accuracy: 0.5 }];
  const rounded = (/** @type {Stream} */ given) =>
    curveOf(given).map(({ x, y }) => [Math.round(100 * x), Math.round(100 * y)]);
  assert.deepEqual(rounded(stream(status, [], { estimates, epochs })), [[0, 0], [25, 50], [
    50,
    100,
  ]]);
  assert.deepEqual(rounded(stream(status, [], { estimates, epochs: [] })), [[0, 0], [25, 50]]);
  assert.deepEqual(curveOf(undefined), []);
});
