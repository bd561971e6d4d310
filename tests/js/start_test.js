import assert from "node:assert";
import { settingsOnScreen, startRun } from "../../assets/components/run_controls/start.js";

const SETTINGS = { hidden: "128", lr: 0.0123456, epochs: 5, activation: "relu", nesterov: false };

/** @param {Record<string, string>} fields what they hold */
const onScreen = (fields) => settingsOnScreen(SETTINGS, (field) => fields[field]);

Deno.test("a field that shows what the script knows changes nothing", () => {
  assert.deepEqual(onScreen({}), SETTINGS);
  assert.deepEqual(onScreen({ hidden: "128", lr: "0.01235", epochs: "5" }), SETTINGS);
  assert.deepEqual(onScreen({ lr: "0.0123456" }), SETTINGS);
});

Deno.test("what was typed a moment ago counts, also if it is not allowed", () => {
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
    assert.match((await startRun(content)).error ?? "", /does not answer/);
    assert.match((await startRun(content)).error ?? "", /does not answer/);
    assert.equal((await startRun(content)).error, "The store did not answer.");
    assert.equal((await startRun(content)).run, "a1");
    await startRun(content);
  });
  assert.deepEqual(keys.map((key) => key === keys[0]), [true, true, true, true, false]);
  assert(keys.every((key) => /^[\w-]{8,64}$/.test(key)));
});

Deno.test("other settings are another press", async () => {
  const keys = await keysOf([new TypeError(), started()], async () => {
    await startRun({ settings: SETTINGS });
    await startRun({ settings: { ...SETTINGS, epochs: 6 } });
  });
  assert.notEqual(keys[0], keys[1]);
});
