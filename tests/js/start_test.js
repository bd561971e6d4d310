import assert from "node:assert";
import {
  rejectionText,
  settingsOnScreen,
  settledSettings,
  startRuns,
} from "../../assets/lib/start.js";

const SETTINGS = { hidden: "128", lr: 0.0123456, epochs: 5, activation: "relu", nesterov: false };

/** @param {Record<string, string>} fields what they hold */
const onScreen = (fields) => settingsOnScreen(SETTINGS, (field) => fields[field]);

Deno.test("a field that shows what the script knows changes nothing", () => {
  assert.deepEqual(onScreen({}), SETTINGS);
  assert.deepEqual(onScreen({ hidden: "128", lr: "0.01235", epochs: "5" }), SETTINGS);
  assert.deepEqual(onScreen({ lr: "0.0123456" }), SETTINGS);
});

Deno.test("what was typed just now counts, also if it is not allowed", () => {
  assert.deepEqual(onScreen({ hidden: "20, 10", lr: "0.5" }), {
    ...SETTINGS,
    hidden: "20, 10",
    lr: 0.5,
  });
  assert.equal(onScreen({ epochs: "99999" }).epochs, 99999);
  assert.equal(onScreen({ epochs: "3.5" }).epochs, 3.5);
  assert.equal(onScreen({ epochs: "" }).epochs, "");
  assert.equal(onScreen({ hidden: "many" }).hidden, "many");
});

/**
 * What a press starts, and the repaints it waits, on a page where something happens in some of them.
 *
 * @param {Record<number, () => void>} events by their repaint
 * @param {{ settings: typeof SETTINGS, choices: Record<string, string> }} known
 * @param {Record<string, string>} shown
 */
async function press(events, known, shown) {
  let repaints = 0;
  globalThis.requestAnimationFrame = (next) => {
    events[++repaints]?.();
    queueMicrotask(() => next(0));
    return repaints;
  };
  const textOf = (/** @type {string} */ field) => shown[field];
  const screen = { textOf, choiceOf: textOf };
  return { started: await settledSettings(() => known, screen), repaints };
}

Deno.test("a press does not wait when the script knows what the screen shows", async () => {
  const known = { settings: SETTINGS, choices: { preset: "Standard" } };
  const { started, repaints } = await press({}, known, { preset: "Standard", hidden: "128" });
  assert.deepEqual([started, repaints], [SETTINGS, 0]);
});

Deno.test("a press waits for the script to fill in the preset chosen just now", async () => {
  const known = { settings: SETTINGS, choices: { preset: "Standard" } };
  const shown = { preset: "Small", hidden: "128", epochs: "5" };
  const small = { ...SETTINGS, hidden: "8", epochs: 9, activation: "gelu" };
  const { started, repaints } = await press(
    {
      40: () => Object.assign(known, { settings: small, choices: { preset: "Small" } }),
      42: () => Object.assign(shown, { hidden: "8" }),
      45: () => Object.assign(shown, { epochs: "9" }),
    },
    known,
    shown,
  );
  assert.deepEqual([started, repaints], [small, 45]);
});

Deno.test("a press does not wait for ever for what only the screen knows", async () => {
  const known = { settings: SETTINGS, choices: { preset: "Standard" } };
  const { started, repaints } = await press({}, known, { preset: "Standard", epochs: "99999" });
  assert.equal(started.epochs, 99999);
  assert(repaints > 0 && repaints < 60);
  await press({}, known, { preset: "Another" });
});

/**
 * The keys of the requests that `action` makes, to a server that answers each as `answers` says.
 *
 * @param {(Response | Error)[]} answers
 * @param {() => Promise<void>} action
 */
async function keysOf(answers, action) {
  const { fetch } = globalThis, keys = /** @type {string[]} */ ([]);
  globalThis.fetch = (_, options) => {
    keys.push(JSON.parse(String(options?.body)).key);
    const answer = answers.shift();
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer);
  };
  try {
    await action();
  } finally {
    globalThis.fetch = fetch;
  }
  return keys;
}

const started = () => Response.json({ run: "a1" });

Deno.test("a press without an answer keeps its key until there is one", async () => {
  const busy = Response.json({ error: "The store did not answer." }, { status: 503 });
  const proxy = new Response("<h1>Bad gateway</h1>", { status: 502 });
  const keys = await keysOf([new TypeError(), proxy, busy, started(), started()], async () => {
    const content = { settings: SETTINGS };
    assert.match((await startRuns("runs", content)).error ?? "", /does not answer/);
    assert.match((await startRuns("runs", content)).error ?? "", /does not answer/);
    assert.equal((await startRuns("runs", content)).error, "The store did not answer.");
    assert.equal((await startRuns("runs", content)).run, "a1");
    await startRuns("runs", content);
  });
  assert.deepEqual(keys.map((key) => key === keys[0]), [true, true, true, true, false]);
  assert(keys.every((key) => /^[\w-]{8,64}$/.test(key)));
});

Deno.test("other settings are another press", async () => {
  const keys = await keysOf([new TypeError(), started()], async () => {
    await startRuns("runs", { settings: SETTINGS });
    await startRuns("runs", { settings: { ...SETTINGS, epochs: 6 } });
  });
  assert.notEqual(keys[0], keys[1]);
});

Deno.test("a rejection begins with the label of the setting that is to blame", () => {
  const labels = { lr: "Learning rate" };
  assert.equal(
    rejectionText({ error: "must be above 0", field: "lr" }, labels),
    "Learning rate must be above 0",
  );
  assert.equal(
    rejectionText({ error: "must be above 0", field: "new" }, labels),
    "new must be above 0",
  );
  assert.equal(rejectionText({ error: "The store is locked." }, labels), "The store is locked.");
});
