import assert from "node:assert";
import { followLiveRuns, offered, offerText } from "../../assets/components/live_runs/offer.js";

/** @import { ActiveRun } from "../../assets/components/live_runs/offer.js" */

/** @param {string} id @returns {ActiveRun} */
const run = (id, yours = false) => ({ id, name: id, network: "784-10", state: "running", yours });

Deno.test("the others' runs are offered, without the one in view", () => {
  const ids = (/** @type {ActiveRun[]} */ runs) => runs.map(({ id }) => id);
  const runs = [run("a"), run("b", true), run("c")];
  assert.deepEqual(ids(offered(runs, null)), ["a", "c"]);
  assert.deepEqual(ids(offered(runs, "a")), ["c"]);
  assert.deepEqual(ids(offered(runs, "an ended one")), ["a", "c"]);
  assert.deepEqual(ids(offered(runs, "b")), []); // one's own trains, in view
});

Deno.test("the offer counts", () => {
  assert.equal(offerText(1), "1 run is training: watch");
  assert.equal(offerText(3), "3 runs are training: watch");
});

class FakeSocket {
  /** @type {FakeSocket[]} */
  static opened = [];
  isClosed = false;
  onclose = () => {};
  /** @type {(event: { data: string }) => void} */
  onmessage = () => {};
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    FakeSocket.opened.push(this);
  }
  close() {
    this.isClosed = true;
    this.onclose();
  }
}

/** A page in which `act` is called with what changes its visibility and what lets time pass. */
function inPage(
  /** @type {(page: { setVisible: (visible: boolean) => void, pass: () => void }) => void} */ act,
) {
  const listeners = new Set(), { setTimeout, clearTimeout } = globalThis;
  /** @type {Set<() => void>} */
  const timers = new Set();
  const document = {
    visibilityState: "visible",
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ listener) =>
      listeners.add(listener),
    removeEventListener: (/** @type {string} */ _, /** @type {() => void} */ listener) =>
      listeners.delete(listener),
  };
  FakeSocket.opened = [];
  Object.assign(globalThis, {
    document,
    WebSocket: FakeSocket,
    setTimeout: (/** @type {() => void} */ action) => (timers.add(action), action),
    clearTimeout: (/** @type {() => void} */ action) => timers.delete(action),
  });
  act({
    setVisible(visible) {
      document.visibilityState = visible ? "visible" : "hidden";
      listeners.forEach((listener) => listener());
    },
    pass() {
      for (const timer of [...timers]) {
        timers.delete(timer);
        timer();
      }
    },
  });
  Object.assign(globalThis, { setTimeout, clearTimeout });
}

Deno.test("a hidden tab hangs up, and listens again when it is visible", () =>
  inPage(({ setVisible, pass }) => {
    /** @type {ActiveRun[][]} */
    const shown = [];
    const end = followLiveRuns("ws://x/live-runs", (runs) => shown.push(runs));
    FakeSocket.opened[0].onmessage({ data: JSON.stringify({ runs: [run("a")] }) });
    assert.deepEqual(shown, [[run("a")]]);
    setVisible(false);
    pass();
    assert.ok(FakeSocket.opened[0].isClosed);
    assert.equal(FakeSocket.opened.length, 1);
    setVisible(true);
    assert.equal(FakeSocket.opened.length, 2);
    end();
    setVisible(true);
    pass();
    assert.equal(FakeSocket.opened.length, 2);
    assert.ok(FakeSocket.opened[1].isClosed);
  }));

Deno.test("a lost connection is made again", () =>
  inPage(({ pass }) => {
    const end = followLiveRuns("ws://x/live-runs", () => {});
    FakeSocket.opened[0].onclose();
    assert.equal(FakeSocket.opened.length, 1);
    pass();
    assert.equal(FakeSocket.opened.length, 2);
    FakeSocket.opened[1].onclose();
    end(); // while it waits
    pass();
    assert.equal(FakeSocket.opened.length, 2);
  }));
