import assert from "node:assert";
import { LivePrediction, nextId } from "../../assets/lib/live_prediction.js";

/** @import { Drawing, News, Viewer } from "../../assets/lib/live_prediction.js" */

class FakeSocket {
  /** @type {string[]} */
  sent = [];
  onopen = () => {};
  onclose = () => {};
  /** @type {(event: { data: string }) => void} */
  onmessage = () => {};
  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }
  close() {}
}

function connected() {
  Object.assign(globalThis, { WebSocket: FakeSocket });
  const live = new LivePrediction();
  /** @type {News[]} */
  const shown = [];
  /** @type {Viewer} */
  const viewer = { model: ["run", 5], answer: null, show: (news) => shown.push(news) };
  live.viewers.add(viewer);
  const socket = /** @type {FakeSocket} */ (/** @type {unknown} */ (live.socket));
  socket.onopen();
  return { live, socket, viewer, shown };
}

/** @returns {Drawing} */
const drawing = () => ({
  id: nextId(),
  image: 0,
  strokes: 1,
  hasInk: true,
  pixels: { png: "" },
});

/** Answer the last request. @param {FakeSocket} socket */
function answer(socket, probability = 1) {
  const predictions = [{ probabilities: [probability], rejected: false }];
  return respond(socket, { images: [{ input: "", problem: null }], models: [{ predictions }] });
}

/**
 * @param {FakeSocket} socket
 * @param {object} response
 */
async function respond(socket, response) {
  const { id } = JSON.parse(socket.sent.at(-1) ?? "");
  socket.onmessage({ data: JSON.stringify({ id, ...response }) });
  await new Promise((resolve) => setTimeout(resolve)); // what waits for it has gone on
}

Deno.test("one drawing is under way, and of those that wait the newest goes next", async () => {
  const { live, socket } = connected();
  let taken = 0;
  for (let i = 0; i < 5; i++) {
    live.predict(() => {
      taken++;
      return drawing();
    });
  }
  assert.equal(socket.sent.length, 1);
  assert.equal(taken, 1);
  await answer(socket);
  assert.equal(socket.sent.length, 2);
  assert.equal(taken, 2);
  await answer(socket);
  assert.equal(socket.sent.length, 2);
  assert(!live.isBusy);
  const [first, second] = socket.sent.map((text) => JSON.parse(text).id);
  assert(second > first);
});

Deno.test("an answer belongs to the drawing and to the model that was asked", async () => {
  const { live, socket, viewer } = connected();
  const sent = drawing();
  live.predict(() => sent);
  await answer(socket, 0.5);
  assert.equal(viewer.answer?.drawing, sent);
  assert.deepEqual(viewer.answer?.prediction?.probabilities, [0.5]);
  live.predict(drawing);
  viewer.model = ["other", 0];
  viewer.answer = null;
  await answer(socket);
  assert.equal(viewer.answer, null);
});

Deno.test("without a connection viewers are told, and the newest drawing is sent later", async () => {
  const { live, socket, shown } = connected();
  live.predict(drawing);
  socket.onclose();
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(shown.at(-1)?.isLost, true);
  live.predict(drawing);
  assert.equal(socket.sent.length, 1);
  clearTimeout(live.retryTimer);
  const again = /** @type {FakeSocket} */ (/** @type {unknown} */ (live.connect()));
  again.onopen();
  assert.equal(again.sent.length, 1);
  assert.equal(shown.at(-1)?.isLost, false);
});

Deno.test("an error is an answer too, and what waits goes on", async () => {
  const { live, socket } = connected();
  live.predict(drawing);
  live.predict(drawing);
  await respond(socket, { error: "The drawing did not arrive." });
  assert.equal(socket.sent.length, 2);
});

Deno.test("several images are sent at once; what is lost with a connection gets null, what comes later waits", async () => {
  const { live, socket } = connected();
  const first = live.ask([{ input: "a" }, { input: "b" }], [["run", null]]);
  assert.equal(JSON.parse(socket.sent[0]).images.length, 2);
  await answer(socket, 0.25);
  assert.deepEqual((await first)?.models[0].predictions?.[0].probabilities, [0.25]);
  const second = live.ask([], []);
  socket.onclose();
  clearTimeout(live.retryTimer);
  assert.equal(await second, null);
  const third = live.ask([], []);
  const again = /** @type {FakeSocket} */ (/** @type {unknown} */ (live.connect()));
  again.onopen();
  await answer(again, 0.75);
  assert.deepEqual((await third)?.models[0].predictions?.[0].probabilities, [0.75]);
});
