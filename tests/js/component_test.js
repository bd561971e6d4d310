import assert from "node:assert";
import { guardIn } from "../../assets/lib/component.js";

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
