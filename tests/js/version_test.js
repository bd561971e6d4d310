import assert from "node:assert";
import { checkVersion } from "../../assets/lib/version.js";

/**
 * What the module uses of a page that has just been loaded.
 *
 * @param {Map<string, string>} stored in the tab
 */
function page(stored) {
  const messages = /** @type {{ textContent: string }[]} */ ([]);
  let reloads = 0;
  const parts = {
    document: {
      createElement: () => ({ textContent: "", className: "", setAttribute() {} }),
      querySelector: () => messages[0] ?? null,
      body: { append: (/** @type {{ textContent: string }} */ made) => messages.push(made) },
    },
    sessionStorage: {
      getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
    },
    location: { reload: () => reloads++ },
    setTimeout: (/** @type {() => void} */ action) => action(),
  };
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { messages, reloads: () => reloads };
}

Deno.test("a page of another version than the server's says so and reloads, once", () => {
  const stored = new Map();
  const { setTimeout } = globalThis;
  const before = page(stored);
  assert(checkVersion("new", "new"));
  assert.equal(before.messages.length, 0);
  assert(!checkVersion("new", "old"));
  assert(!checkVersion("new", "old"));
  assert.deepEqual(before.messages.map((each) => each.textContent), [
    "Digitscope was updated. Reloading…",
  ]);
  assert.equal(before.reloads(), 1);

  const still = page(stored); // reloaded, and still old: two servers behind one address
  assert(!checkVersion("new", "old"));
  assert.equal(still.messages[0].textContent, "Digitscope was updated. Reload the page.");
  assert.equal(still.reloads(), 0);

  const later = page(stored);
  checkVersion("newer", "new");
  assert.equal(later.reloads(), 1);
  globalThis.setTimeout = setTimeout;
});
