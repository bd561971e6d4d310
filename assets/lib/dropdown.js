// A panel that a button opens, above the page, so that nothing moves. The browser's own popover
// closes it with Escape, a click elsewhere, or the button.

import { clamp } from "./layout.js";

const WIDTH = 384, GAP = 4, EDGE = 8; // pixels

/**
 * Place the panel below the button whenever it opens, and keep it there.
 *
 * @param {HTMLButtonElement} button names the panel as its popovertarget
 * @param {HTMLElement} panel
 */
export function dropDown(button, panel) {
  function position() {
    const { right, bottom } = button.getBoundingClientRect();
    const page = document.documentElement.clientWidth, width = Math.min(WIDTH, page - 2 * EDGE);
    panel.style.width = `${width}px`;
    panel.style.left = `${clamp(right - width, EDGE, page - EDGE - width)}px`;
    panel.style.top = `${bottom + GAP}px`;
    panel.style.maxHeight = `calc(100vh - ${bottom + GAP + EDGE}px)`;
  }
  panel.addEventListener("beforetoggle", (event) => {
    const isOpening = /** @type {ToggleEvent} */ (event).newState === "open";
    button.setAttribute("aria-expanded", String(isOpening));
    // While it is open, something may scroll or change its size.
    const change = isOpening ? addEventListener : removeEventListener;
    change("scroll", position, true);
    change("resize", position);
    if (isOpening) position();
  });
}
