// The run that the pointer or the keyboard points at in one component, lifted out of the others in
// all components of the page.

/** @type {Set<(run: string | null) => void>} */
const viewers = new Set();
/** @type {string | null} */
let lifted = null;

/** @param {string | null} run its id; null: none */
export function lift(run) {
  if (run === lifted) return;
  lifted = run;
  for (const viewer of viewers) viewer(run);
}

/**
 * Call `viewer` whenever another run is lifted.
 *
 * @param {(run: string | null) => void} viewer
 * @returns {() => void} ends it
 */
export function observeLifted(viewer) {
  viewers.add(viewer);
  return () => void viewers.delete(viewer);
}

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
