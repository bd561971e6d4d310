// Starting runs: the settings as the screen shows them, and the request, which is safe to repeat.

import { urlOf } from "./urls.js";
import { checkVersion, VERSION } from "./version.js";

const CHOICE_REPAINTS = 300, TEXT_REPAINTS = 12; // at most, to wait for the script
const PATIENCE = 20_000; // milliseconds to wait for a response
const NO_ANSWER =
  "Digitscope does not answer. Check that it is running, then press the button again.";

/** @typedef {Record<string, string | number | boolean>} Settings by their fields of RunSpec */
/** @typedef {{ settings: Settings, choices: Record<string, string> }} Known choices: as shown */

/**
 * What the screen shows, undefined for a setting that it does not show.
 *
 * @typedef {object} Screen
 * @property {(field: string) => string | undefined} textOf what is typed in a field
 * @property {(field: string) => string | undefined} choiceOf which option is chosen
 */

/**
 * @typedef {{ run?: string, group?: string, error?: string, field?: string }} Answer see
 *   pages/server/wire.py
 */

/**
 * Why a request was rejected, as a sentence that begins with the label of the setting, if one is to
 * blame.
 *
 * @param {Answer} answer
 * @param {Record<string, string>} labels by their fields of RunSpec
 */
export function rejectionText({ error = "", field }, labels) {
  return field ? `${labels[field] ?? field} ${error}` : error;
}

/** The request without a response: pressing the button again is the same press for the server. */
let unanswered = { text: "", key: "" };

/** New for each press. crypto.randomUUID exists only over HTTPS and on this computer. */
export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/**
 * The field of the sidebar in which a setting is typed; null for one that is chosen or not shown.
 *
 * @param {string} field of RunSpec
 */
const inputOf = (field) => /** @type {HTMLInputElement | null} */ (document.querySelector(
  `.st-key-${field} :is([data-testid=stNumberInputField], [data-testid=stTextInputField])`,
));

/** @type {Screen} */
const SCREEN = {
  textOf: (field) => inputOf(field)?.value,
  choiceOf(field) {
    const choice = document.querySelector(
      `.st-key-${field} :is([role=combobox], [role=radio][aria-checked=true])`,
    );
    return choice instanceof HTMLInputElement ? choice.value : choice?.textContent ?? undefined;
  },
};

/**
 * The settings as the screen shows them. A field may hold what the script does not know: what was
 * typed just now, or a number out of range, which Streamlit keeps to itself.
 *
 * @param {Settings} settings that the script knows
 * @param {(field: string) => string | undefined} textOf what the setting's field on screen holds
 */
export function settingsOnScreen(settings, textOf) {
  const shown = { ...settings };
  for (const [field, value] of Object.entries(settings)) {
    const text = textOf(field);
    if (text === undefined || isDisplayOf(value, text)) continue;
    shown[field] = typeof value === "number" && text.trim() ? Number(text) : text;
  }
  return shown;
}

/**
 * Whether a field with this text shows the value, of which it may show only four digits.
 *
 * @param {string | number | boolean} value
 * @param {string} text
 */
function isDisplayOf(value, text) {
  if (typeof value !== "number") return text === String(value);
  return text !== "" && [value, Number(value.toPrecision(4))].includes(Number(text));
}

/**
 * The settings on screen, once screen and script agree. They do at once, unless something was chosen
 * or typed just now: then the script takes it first, and Streamlit shows some repaints later what
 * follows from it. What is typed and not agreed on by then, only the screen knows.
 *
 * @param {() => Known} known what the script has told by now
 * @param {Screen} screen
 * @returns {Promise<Settings>}
 */
export async function settledSettings(known, screen = SCREEN) {
  for (let waitForChoice = CHOICE_REPAINTS, waitForText = TEXT_REPAINTS;;) {
    const { settings, choices } = known(), shown = settingsOnScreen(settings, screen.textOf);
    const isChosen = Object.entries(choices).some(([field, choice]) =>
      (screen.choiceOf(field) ?? choice) !== choice
    );
    const isTyped = JSON.stringify(shown) !== JSON.stringify(settings);
    if (isChosen && waitForChoice) waitForChoice--;
    else if (isTyped && waitForText) waitForText--;
    else return shown;
    await new Promise(requestAnimationFrame);
  }
}

/**
 * Start a run, or a group of them. The same content without a response in between is the same run.
 *
 * @param {"runs" | "groups"} route
 * @param {object} content
 * @returns {Promise<Answer>}
 */
export async function startRuns(route, content) {
  const text = JSON.stringify(content);
  if (text !== unanswered.text) unanswered = { text, key: newKey() };
  try {
    const response = await fetch(urlOf(route), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ version: VERSION, key: unanswered.key, ...content }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const answer = await response.json();
    if (response.status < 500) unanswered = { text: "", key: "" };
    checkVersion(answer.version);
    return answer;
  } catch { // no connection, too late, or from a proxy
    return { error: NO_ANSWER };
  }
}
