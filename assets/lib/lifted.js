// The run that the pointer or the keyboard points at in one component, lifted out of the others in
// all components of the page.

import { shared } from "./shared.js";

const lifted = shared(/** @type {string | null} */ (null));

/** Lift a run, by its id; null: none. */
export const lift = lifted.set;

/** Call a viewer whenever another run is lifted. */
export const observeLifted = lifted.observe;

/**
 * Lift the run while the pointer or the focus is on an element.
 *
 * @param {HTMLElement} element
 * @param {string} run
 */
export function liftsOn(element, run) {
  element.addEventListener("pointerenter", () => lift(run));
  element.addEventListener("pointerleave", () => lift(null));
  element.addEventListener("focusin", () => lift(run));
  element.addEventListener("focusout", () => lift(null));
}
