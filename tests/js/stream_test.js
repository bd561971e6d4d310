import assert from "node:assert";
import { Stream } from "../../assets/lib/stream.js";
import { socketUrl } from "../../assets/lib/urls.js";

const MESSAGE = (() => {
  const bytes = Deno.readFileSync(new URL("./wire_fixture.bin", import.meta.url));
  return bytes.buffer.slice(4, 4 + new DataView(bytes.buffer).getUint32(0, true));
})();

/** What a stream uses of a WebSocket. */
class FakeSocket {
  static OPEN = 1;
  readyState = 1;
  /** @type {string[]} */
  sent = [];
  /** @type {(event: { data: string | ArrayBuffer }) => void} */
  onmessage = () => {};
  /** @type {(event: { code: number, reason: string }) => void} */
  onclose = () => {};
  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }
  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }
  close() {}
}

/** A stream on a fake socket, in a page that draws at once. */
function openStream() {
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    requestAnimationFrame: (/** @type {() => void} */ draw) => draw(),
  });
  const stream = new Stream("a run");
  return { stream, socket: /** @type {FakeSocket} */ (/** @type {unknown} */ (stream.socket)) };
}

/**
 * What is logged as an error meanwhile.
 *
 * @param {() => void} action
 */
function errorsOf(action) {
  const { error } = console, logged = /** @type {unknown[][]} */ ([]);
  console.error = (...details) => logged.push(details);
  try {
    action();
  } finally {
    console.error = error;
  }
  return logged;
}

Deno.test("a message is drawn by every viewer, and then answered", () => {
  const { stream, socket } = openStream();
  /** @type {number[]} */
  const steps = [];
  stream.viewers.add(({ snapshot }) => steps.push(snapshot?.step ?? -1));
  socket.onmessage({ data: MESSAGE });
  assert.equal(socket.url, socketUrl("live/a%20run"));
  assert.deepEqual(steps, [3]);
  assert.deepEqual(socket.sent, ["drawn"]);
  assert.deepEqual(stream.points, { samples_seen: [32], loss: [2.5], smoothed: [2.25] });
  assert.deepEqual(stream.estimates, { samples_seen: [32], accuracy: [0.25] });
});

Deno.test("a viewer that fails stops neither the others nor the stream", () => {
  const { stream, socket } = openStream();
  let shown = 0;
  stream.viewers.add(() => {
    throw new Error("It cannot draw.");
  });
  stream.viewers.add(() => shown++);
  const errors = errorsOf(() => {
    socket.onmessage({ data: MESSAGE });
    socket.onmessage({ data: MESSAGE });
  });
  assert.equal(shown, 2);
  assert.deepEqual(socket.sent, ["drawn", "drawn"]);
  assert.equal(errors.length, 2);
});

Deno.test("each request gets the response with its id, in any order", async () => {
  const { stream, socket } = openStream();
  const pause = stream.request("pause"), rate = stream.request("lr", 0.5);
  const [first, second] = socket.sent.map((text) => JSON.parse(text));
  assert.deepEqual([first.request, second.request, second.value], ["pause", "lr", 0.5]);
  socket.onmessage({ data: JSON.stringify({ id: second.id, command: 7 }) });
  socket.onmessage({
    data: JSON.stringify({ id: first.id, error: "Only its owner may pause it." }),
  });
  socket.onmessage({ data: JSON.stringify({ id: null, error: "Not understood." }) });
  assert.deepEqual(await rate, { command: 7 });
  assert.deepEqual(await pause, { error: "Only its owner may pause it." });
});

Deno.test("a request without a connection, or whose connection is lost, is rejected, not repeated", async () => {
  const { stream, socket } = openStream();
  const waiting = stream.request("stop");
  socket.readyState = 3;
  socket.onclose({ code: 1006, reason: "" });
  clearTimeout(stream.retryTimer);
  assert.match((await waiting).error ?? "", /lost before Digitscope answered/);
  assert.match((await stream.request("stop")).error ?? "", /Connection lost/);
  assert.equal(socket.sent.length, 1);
  const again = /** @type {FakeSocket} */ (/** @type {unknown} */ (stream.connect()));
  again.onmessage({ data: MESSAGE });
  assert.deepEqual(again.sent, ["drawn"]);
});

Deno.test("a deleted run is not asked for again", () => {
  const { stream, socket } = openStream();
  socket.onclose({ code: 4404, reason: "There is no run 'a run'." });
  assert.equal(stream.goneMessage, "There is no run 'a run'.");
  assert.equal(stream.retryTimer, undefined);
});

Deno.test("a lost connection is tried again, later each time, and brings all points anew", () => {
  const { stream, socket } = openStream();
  socket.onmessage({ data: MESSAGE });
  const first = stream.retryDelay;
  socket.onclose({ code: 1006, reason: "" });
  clearTimeout(stream.retryTimer);
  assert(stream.lostAt !== null && stream.retryDelay > first);
  const again = /** @type {FakeSocket} */ (/** @type {unknown} */ (stream.connect()));
  again.onmessage({ data: MESSAGE });
  assert.equal(stream.lostAt, null);
  assert.equal(stream.points.loss.length, 1);
  assert.equal(stream.estimates.accuracy.length, 1);
});

Deno.test("a selected snapshot of the history is shown instead of the newest", () => {
  const { stream, socket } = openStream();
  socket.onmessage({ data: MESSAGE });
  assert(stream.newest.snapshot);
  const { snapshot } = stream.newest;
  const at = (/** @type {number} */ step) => ({
    header: {},
    snapshot: { ...snapshot, step },
    connections: null,
  });
  stream.addHistory([at(2), at(0)]);
  stream.addHistory([at(1), at(2)]);
  assert.deepEqual(stream.history.map((each) => each.snapshot.step), [0, 1, 2]);
  stream.select(stream.history[0]);
  assert.equal(stream.snapshot?.step, 0);
  stream.select(null);
  assert.equal(stream.snapshot?.step, 3);
});
