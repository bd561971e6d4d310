import assert from "node:assert";
import { lift, liftsOn, observeLifted } from "../../assets/lib/lifted.js";

Deno.test("all components hear which run is lifted, once for each change", () => {
  /** @type {(string | null)[]} */
  const received = [];
  const end = observeLifted((run) => received.push(run));
  lift("a");
  lift("a");
  lift(null);
  end();
  lift("b");
  assert.deepEqual(received, ["a", null]);
  lift(null);
});

Deno.test("pointer and focus lift a run, and let it go", () => {
  /** @type {(string | null)[]} */
  const received = [];
  const end = observeLifted((run) => received.push(run)), target = new EventTarget();
  liftsOn(/** @type {any} */ (target), "a");
  for (const type of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
    target.dispatchEvent(new Event(type));
  }
  end();
  assert.deepEqual(received, ["a", null, "a", null]);
});
