// The keyboard: many buttons as one stop of the Tab key, and shortcuts of single keys.

import { isTyping } from "./dom.js";
import { clamp } from "./layout.js";

const SWITCH = "digitscope-shortcuts"; // in the browser's storage: "off", or nothing

/** Whether single characters are shortcuts. */
export function hasShortcuts() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true; // the browser keeps nothing
  }
}

/**
 * Switch the shortcuts of single characters on or off, for this browser (WCAG 2.1.4).
 *
 * @param {boolean} on
 */
export function switchShortcuts(on) {
  if (on) localStorage.removeItem(SWITCH);
  else localStorage.setItem(SWITCH, "off");
}

/**
 * Keep a single character from all shortcuts, also those of Streamlit, while they are off. Fields
 * and tables, in which one types, still get it.
 *
 * @param {KeyboardEvent} event
 */
export function withholdCharacter(event) {
  const isCharacter = event.key?.length === 1 && event.key !== " ";
  if (!isCharacter || event.ctrlKey || event.altKey || event.metaKey || hasShortcuts()) return;
  const isTable = event.target instanceof Element && event.target.closest(".stDataFrame");
  if (!isTable && !isTyping(event)) event.stopImmediatePropagation();
}

/**
 * Where an arrow key leads in a grid; null: the key is none of those.
 *
 * @param {string} key
 * @param {number} index of the item that has the focus
 * @param {number} count items
 * @param {number} columns
 */
export function moved(key, index, count, columns) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[/** @type {keyof typeof steps} */ (key)];
  if (!step) return null;
  const next = index + step;
  if (Math.abs(step) === 1) return clamp(next, 0, count - 1);
  return next < 0 || next >= count ? index : next; // there is no row above or below
}

/**
 * Make the buttons in `container` one stop of the Tab key; arrow keys, Home and End go from one to
 * the next, as they stand on the page. The buttons may change: call the returned function then.
 *
 * @param {HTMLElement} container
 */
export function roving(container) {
  const buttons = () => [...container.querySelectorAll("button")];

  /** @param {HTMLButtonElement | undefined} stop */
  function stopAt(stop) {
    for (const button of buttons()) button.tabIndex = button === stop ? 0 : -1;
  }

  /** Keep the stop where it is, or put it on the first button. */
  function refresh() {
    const all = buttons();
    stopAt(
      all.find((button) => button.tabIndex === 0 && button.hasAttribute("tabindex")) ?? all[0],
    );
  }

  container.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLButtonElement) stopAt(target);
  });
  container.addEventListener("keydown", (event) => {
    const all = buttons(), index = all.findIndex((button) => button === event.target);
    if (index < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const top = (/** @type {Element} */ button) => Math.round(button.getBoundingClientRect().top);
    const columns = all.filter((button) => top(button) === top(all[0])).length;
    const next = moved(event.key, index, all.length, columns);
    if (next === null) return;
    event.preventDefault();
    all[next].focus();
  });
  refresh();
  return refresh;
}
