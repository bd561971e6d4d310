import assert from "node:assert";
import { LiveSocket } from "../../assets/lib/live_socket.js";
import { Stream } from "../../assets/lib/stream.js";
import { socketUrl } from "../../assets/lib/urls.js";

/** @import { Wish } from "../../assets/lib/live_socket.js" */

const BYTES = Deno.readFileSync(new URL("./wire_fixture.bin", import.meta.url));
const [FIRST, NEXT] = (() => {
  const messages = [], view = new DataView(BYTES.buffer);
  for (let offset = 0; offset < BYTES.length;) {
    const end = offset + 4 + view.getUint32(offset, true);
    messages.push(BYTES.buffer.slice(offset + 4, end));
    offset = end;
  }
  return messages;
})();
const RUN = "a run"; // of the messages
/** @type {Wish} */
const EVERYTHING = { rate: null, tiles: null, connections: true, points: true };

/** What the page's connection uses of a WebSocket. */
class FakeSocket {
  static OPEN = 1;
  readyState = 1;
  /** @type {any[]} */
  sent = [];
  onopen = () => {};
  /** @type {(event: { data: string | ArrayBuffer }) => void} */
  onmessage = () => {};
  /** @type {(event: { reason: string }) => void} */
  onclose = () => {};
  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }
  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  /** @param {object} content */
  respond(content) {
    this.onmessage({ data: JSON.stringify(content) });
  }
}

/** @type {(() => void)[]} what the page draws with the next frame */
let drawings = [];
const drawFrame = () => drawings.splice(0).forEach((draw) => draw());
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  requestAnimationFrame: (/** @type {() => void} */ draw) => drawings.push(draw),
});

const socketOf = (
  /** @type {LiveSocket} */ live,
) => /** @type {FakeSocket} */ (/** @type {unknown} */ (live.socket));

/** A stream with one viewer, on a fake socket that is open. */
function openStream(run = RUN, live = new LiveSocket()) {
  drawings = [];
  const stream = new Stream(run, live);
  /** @type {number[]} */
  const steps = [];
  stream.add(({ snapshot }) => steps.push(snapshot?.step ?? -1), EVERYTHING);
  socketOf(live).onopen();
  socketOf(live).sent = [];
  return { live, stream, steps, socket: socketOf(live) };
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

Deno.test("the messages of a frame are drawn together, and then answered", () => {
  const { stream, socket, steps } = openStream();
  socket.onmessage({ data: FIRST });
  socket.onmessage({ data: NEXT });
  assert.equal(socket.url, socketUrl("live"));
  assert.deepEqual([steps, socket.sent], [[], []]);
  drawFrame();
  assert.deepEqual(steps, [3]);
  assert.deepEqual(socket.sent, [{ drawn: RUN }]);
  assert.deepEqual(stream.points, {
    samples_seen: [32, 32],
    loss: [2.5, 2.5],
    smoothed: [2.25, 2.25],
  });
  assert.deepEqual(stream.estimates, { samples_seen: [32, 32], accuracy: [0.25, 0.25] });
});

Deno.test("one socket carries all runs, and each stream gets its own news", () => {
  const one = openStream(), other = openStream("another run", one.live);
  assert.equal(one.socket, other.socket);
  one.socket.onmessage({ data: FIRST });
  drawFrame();
  assert.deepEqual([one.steps, other.steps], [[3], []]);
  one.socket.respond({ run: "another run", gone: "There is no run 'another run'." });
  assert.equal(other.stream.goneMessage, "There is no run 'another run'.");
  assert.equal(one.stream.goneMessage, "");
});

Deno.test("the server is asked for what all viewers of a run want together", () => {
  const live = new LiveSocket(), stream = new Stream(RUN, live);
  const large = () => {}, small = () => {}, smaller = () => {};
  const little = { connections: false, points: false };
  stream.add(smaller, { ...little, rate: 2, tiles: 9 });
  const socket = socketOf(live);
  socket.onopen();
  socket.sent = [];
  stream.add(small, { ...little, rate: 4, tiles: 4 });
  stream.add(large, EVERYTHING);
  stream.remove(large);
  stream.remove(smaller);
  const wishes = [[4, 9], [null, null], [4, 9], [4, 4]];
  assert.deepEqual(socket.sent.map(({ rate, tiles }) => [rate, tiles]), wishes);
  assert.deepEqual(socket.sent.map(({ points }) => points), [false, true, false, false]);
  assert(socket.sent.every(({ watch }) => watch === RUN));
});

Deno.test("a viewer that fails stops neither the others nor the stream", () => {
  const { stream, socket, steps } = openStream();
  stream.add(() => {
    throw new Error("It cannot draw.");
  }, EVERYTHING);
  const errors = errorsOf(() => {
    for (const data of [FIRST, NEXT]) {
      socket.onmessage({ data });
      drawFrame();
    }
  });
  assert.equal(steps.length, 2);
  assert.deepEqual(socket.sent, [{ drawn: RUN }, { drawn: RUN }]);
  assert.equal(errors.length, 2);
});

Deno.test("each request gets the response with its id, in any order", async () => {
  const { stream, socket } = openStream();
  const pause = stream.request("pause"), rate = stream.request("lr", 0.5);
  const [first, second] = socket.sent;
  assert.deepEqual([first.request, second.request, second.value], ["pause", "lr", 0.5]);
  assert.deepEqual([first.run, second.run], [RUN, RUN]);
  socket.respond({ id: second.id, command: 7 });
  socket.respond({ id: first.id, error: "Only its owner may pause it." });
  socket.respond({ id: null, error: "Not understood." });
  assert.deepEqual(await rate, { command: 7 });
  assert.deepEqual(await pause, { error: "Only its owner may pause it." });
});

Deno.test("a request without a connection, or whose connection is lost, is rejected, not repeated", async () => {
  const { live, stream, socket } = openStream();
  const waiting = stream.request("stop");
  socket.readyState = 3;
  socket.onclose({ reason: "" });
  clearTimeout(live.timer);
  assert.match((await waiting).error ?? "", /lost before Digitscope answered/);
  assert.match((await stream.request("stop")).error ?? "", /Connection lost/);
  assert.equal(socket.sent.length, 1);
  live.connect();
  const again = socketOf(live);
  again.onopen();
  assert.deepEqual(again.sent, [{ watch: RUN, ...EVERYTHING }]);
});

Deno.test("a deleted run is not asked for again", () => {
  const { live, stream, socket } = openStream();
  socket.respond({ run: RUN, gone: "There is no run 'a run'." });
  assert.equal(stream.goneMessage, "There is no run 'a run'.");
  socket.onclose({ reason: "" });
  clearTimeout(live.timer);
  live.connect();
  socketOf(live).onopen();
  assert.deepEqual(socketOf(live).sent, []);
});

Deno.test("a lost connection is tried again, later each time, and brings all points anew", () => {
  const { live, stream, socket } = openStream();
  socket.onmessage({ data: FIRST });
  const before = live.retryDelay;
  socket.onclose({ reason: "Viewer limit reached: 500 pages are open. Retrying…" });
  clearTimeout(live.timer);
  assert(stream.lostAt !== null && live.retryDelay > before);
  assert.match(stream.problem, /^Viewer limit reached/);
  live.connect();
  const again = socketOf(live);
  again.onopen();
  assert(stream.lostAt !== null); // until the news is here
  again.onmessage({ data: FIRST });
  assert.equal(stream.lostAt, null);
  assert.equal(stream.problem, "");
  assert.equal(stream.points.loss.length, 1);
  assert.equal(stream.estimates.accuracy.length, 1);
});

Deno.test("a run that is viewed while the connection is lost says so", () => {
  const { live, socket } = openStream();
  socket.onclose({ reason: "" });
  clearTimeout(live.timer);
  const late = new Stream("another run", live);
  late.add(() => {}, EVERYTHING);
  assert(late.lostAt !== null);
});

Deno.test("what was sent before the page left a run and came back is not taken", () => {
  const { stream, socket } = openStream();
  socket.onmessage({ data: NEXT });
  assert.equal(stream.status, null);
  socket.onmessage({ data: FIRST });
  assert.equal(stream.points.loss.length, 1);
});

Deno.test("a selected snapshot of the history is shown instead of the newest", () => {
  const { stream, socket } = openStream();
  socket.onmessage({ data: FIRST });
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

Deno.test("the history has as many tiles as any viewer wants, and is fetched anew for more", async () => {
  const { stream, socket } = openStream();
  const few = { ...EVERYTHING, tiles: 64, connections: false }, viewer = () => {};
  for (const each of [...stream.viewers.keys()]) stream.viewers.delete(each);
  stream.add(viewer, few);
  socket.onmessage({ data: FIRST });
  assert(stream.newest.snapshot);
  const { snapshot } = stream.newest;
  const requested = /** @type {string[]} */ ([]);
  Object.assign(globalThis, {
    fetch: (/** @type {string} */ url) => {
      requested.push(url);
      return Promise.resolve(new globalThis.Response(new ArrayBuffer(0)));
    },
  });
  stream.addHistory([{ header: {}, snapshot, connections: null }]);
  await stream.loadHistory();
  assert(requested[0].includes(`after=${snapshot.step}&`) && requested[0].includes("&tiles=64"));
  assert.equal(stream.history.length, 1);
  stream.add(() => {}, EVERYTHING);
  assert.equal(stream.history.length, 0);
  await stream.loadHistory();
  assert(requested[1].includes("after=-1&") && !requested[1].includes("tiles"));
});
