// Playing snapshots one after another: the button, the speed, and the loop of a timeline.

import { find } from "./dom.js";

/** @import { Guard } from "./component.js" */

const SPEEDS = [5, 10, 20, 40]; // snapshots a second

/**
 * What is played.
 *
 * @typedef {object} Track
 * @property {() => number} count of snapshots
 * @property {() => number} index of the selected one
 * @property {(index: number) => void} select
 * @property {() => void} [stopped] is called when it has stopped
 */

/**
 * @param {ParentNode} parent of the controls
 * @param {Track} track
 * @param {Guard} guard
 */
export function player(parent, { count, index, select, stopped = () => {} }, guard) {
  const button = find(parent, "[name=play]", HTMLButtonElement);
  const loop = find(parent, "[name=loop]", HTMLInputElement);
  const speed = find(parent, "[name=speed]", HTMLInputElement);
  let nextAt = 0; // ms; 0: not playing

  const interval = () => 1000 / SPEEDS[Number(speed.value)]; // milliseconds

  const tick = guard((/** @type {number} */ now) => {
    if (!nextAt) return;
    if (now >= nextAt) {
      const last = count() - 1;
      if (index() >= last && !loop.checked) return stop();
      select(index() >= last ? 0 : index() + 1);
      nextAt = now + interval();
    }
    requestAnimationFrame(tick);
  });

  function play() {
    if (!count()) return;
    button.setAttribute("aria-pressed", "true");
    button.textContent = "Pause";
    if (index() >= count() - 1) select(0);
    nextAt = performance.now() + interval();
    requestAnimationFrame(tick);
  }

  function stop() {
    nextAt = 0;
    button.setAttribute("aria-pressed", "false");
    button.textContent = "Play";
    stopped();
  }

  const toggle = guard(() => nextAt ? stop() : play());
  button.onclick = toggle;
  return {
    toggle,
    isPlaying: () => nextAt > 0,
    /** Stop, if it plays. */
    stop: () => nextAt && stop(),
    end() {
      nextAt = 0;
    },
  };
}
