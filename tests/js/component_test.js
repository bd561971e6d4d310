import assert from "node:assert";
import { guardIn, mount } from "../../assets/lib/component.js";

/** An element that only holds what is put into it. */
class FakeElement {
  textContent = "";
  className = "";
  /** @type {Set<FakeElement>} */
  children = new Set();
  /** @type {FakeElement | null} */
  parent = null;
  setAttribute() {}
  /** @param {FakeElement} child */
  appendChild(child) {
    this.children.add(child);
    child.parent = this;
  }
  remove() {
    this.parent?.children.delete(this);
  }
  get text() {
    return [...this.children].map((child) => child.textContent).join();
  }
}

function component() {
  Object.assign(globalThis, { document: { createElement: () => new FakeElement() } });
  const parent = new FakeElement();
  return { parent, guard: guardIn(/** @type {any} */ (parent)) };
}

Deno.test("an error is shown in its component, logged once, and gone when drawing works again", () => {
  const { parent, guard } = component(), { error } = console;
  let fails = true, logged = 0;
  console.error = () => logged++;
  const draw = guard(() => {
    if (fails) throw new Error("The canvas is too large");
  });
  const other = guard(() => {});
  try {
    draw();
    draw();
    other();
  } finally {
    console.error = error;
  }
  assert(parent.text.startsWith("This cannot be drawn: The canvas is too large."));
  assert.equal(logged, 1);
  fails = false;
  draw();
  assert.equal(parent.text, "");
});

Deno.test("a guarded action is given what it is called with", () => {
  const { guard } = component();
  /** @type {unknown[]} */
  let received = [];
  guard((/** @type {unknown[]} */ ...values) => {
    received = values;
  })(1, "a");
  assert.deepEqual(received, [1, "a"]);
});

/**
 * A component, its calls as Streamlit makes them, and what has happened to it. Timers ring when
 * `wait` is called.
 */
function mounting() {
  const parentElement = /** @type {any} */ ({ querySelectorAll: () => [] });
  /** @type {string[]} */
  const events = [];
  /** @type {Set<() => void>} */
  const timers = new Set();
  const { setTimeout, clearTimeout } = globalThis;
  Object.assign(globalThis, {
    setTimeout: (/** @type {() => void} */ action) => (timers.add(action), action),
    clearTimeout: (/** @type {() => void} */ action) => timers.delete(action),
  });
  return {
    events,
    call: (/** @type {string} */ data) =>
      mount({ parentElement, data, setStateValue() {}, setTriggerValue() {} }, () => {
        events.push("created");
        return {
          update: (latest) => void events.push(latest),
          end: () => void events.push("ended"),
        };
      }),
    wait() {
      for (const action of timers) action();
      timers.clear();
    },
    [Symbol.dispose]: () => void Object.assign(globalThis, { setTimeout, clearTimeout }),
  };
}

Deno.test("a component lives on from call to call, and ends a while after the last is left", () => {
  using mounted = mounting();
  mounted.call("1")();
  const leave = mounted.call("2");
  mounted.wait();
  assert.deepEqual(mounted.events, ["created", "1", "2"]);
  leave();
  mounted.wait();
  assert.deepEqual(mounted.events, ["created", "1", "2", "ended"]);
  mounted.call("3");
  assert.deepEqual(mounted.events.slice(4), ["created", "3"]);
});

Deno.test("a call that is left only after the next one has been made ends nothing", () => {
  using mounted = mounting();
  const leave = mounted.call("1");
  mounted.call("2");
  leave();
  mounted.wait();
  assert.deepEqual(mounted.events, ["created", "1", "2"]);
});
