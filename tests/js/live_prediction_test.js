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

/** @param {FakeSocket} socket */
function answer(socket, probability = 1) {
  const predictions = [{ probabilities: [probability], rejected: false }];
  const message = { images: [{ input: "", problem: null }], models: [{ predictions }] };
  socket.onmessage({ data: JSON.stringify(message) });
}

Deno.test("one drawing is under way, and of those that wait the newest goes next", () => {
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
  answer(socket);
  assert.equal(socket.sent.length, 2);
  assert.equal(taken, 2);
  answer(socket);
  assert.equal(socket.sent.length, 2);
  assert(!live.isBusy);
  const [first, second] = socket.sent.map((text) => JSON.parse(text).id);
  assert(second > first);
});

Deno.test("an answer belongs to the drawing and to the model that was asked", () => {
  const { live, socket, viewer } = connected();
  const sent = drawing();
  live.predict(() => sent);
  answer(socket, 0.5);
  assert.equal(viewer.answer?.drawing, sent);
  assert.deepEqual(viewer.answer?.prediction?.probabilities, [0.5]);
  live.predict(drawing);
  viewer.model = ["other", 0];
  viewer.answer = null;
  answer(socket);
  assert.equal(viewer.answer, null);
});

Deno.test("without a connection viewers are told, and the newest drawing is sent later", () => {
  const { live, socket, shown } = connected();
  live.predict(drawing);
  socket.onclose();
  assert.equal(shown.at(-1)?.isConnected, false);
  live.predict(drawing);
  assert.equal(socket.sent.length, 1);
  clearTimeout(live.retryTimer);
  const again = /** @type {FakeSocket} */ (/** @type {unknown} */ (live.connect()));
  again.onopen();
  assert.equal(again.sent.length, 1);
  assert.equal(shown.at(-1)?.isConnected, true);
});

Deno.test("an error is an answer too, and what waits goes on", () => {
  const { live, socket } = connected();
  live.predict(drawing);
  live.predict(drawing);
  socket.onmessage({ data: JSON.stringify({ error: "The drawing did not arrive." }) });
  assert.equal(socket.sent.length, 2);
});
