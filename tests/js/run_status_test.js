import assert from "node:assert";
import { announcement, message, progress } from "../../assets/components/run_status/texts.js";

/** @import { Status, Stream } from "../../assets/lib/stream.js" */

const status = /** @type {Status} */ ({
  state: "running",
  message: "",
  epoch: 2,
  epochs: 10,
  step: 500,
  total_steps: 2000,
  samples_seen: 16000,
  seconds: 4,
  test_accuracy: 0.9512,
});

/** @param {Partial<Stream>} changes */
const stream = (changes) => /** @type {Stream} */ ({
  status,
  lostAt: null,
  goneMessage: "",
  ...changes,
});

Deno.test("progress says epoch, images seen, speed, accuracy and the time left", () => {
  assert.equal(
    progress(status),
    "epoch 3 of 10 · 16,000 images seen · 4,000 per second · test accuracy 95.1 % · about 12 s left",
  );
  const finished = { ...status, state: "finished", epoch: 10, step: 2000 };
  assert(progress(finished).startsWith("epoch 10 of 10"));
  assert(!progress(finished).includes("left"));
});

Deno.test("a lost connection is told with the age of what is shown", () => {
  const text = message(stream({ lostAt: 1000 }), 6000);
  assert(text.startsWith("Connection to Digitscope lost; this view is 5 s old."));
  assert(text.endsWith("Training continues."));
});

Deno.test("the run's own message is shown while the connection stands", () => {
  assert.equal(
    message(stream({ status: { ...status, message: "Best so far." } }), 0),
    "Best so far.",
  );
  assert.equal(message(stream({}), 0), "");
});

Deno.test("what is announced changes once an epoch, not with every step", () => {
  const now = announcement(stream({}));
  assert.equal(now, "Training, epoch 2 of 10 done: test accuracy 95.1 %. ");
  assert.equal(announcement(stream({ status: { ...status, step: 501 } })), now);
  assert.equal(announcement(stream({ lostAt: 5 })), "Connection lost");
});

Deno.test("what the server says about a closed connection, or a run that it does not show, is on screen", () => {
  const problem = "Viewer limit reached: 500 pages are open. Retrying…";
  const lost = stream({ lostAt: 1000, problem });
  assert.equal(message(lost, 9000), problem);
  assert.equal(announcement(lost), problem);
  assert.equal(message(stream({ problem: "Show fewer runs." }), 0), "Show fewer runs.");
});
