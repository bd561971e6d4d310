// The canvas of streamlit-drawable-canvas, a component of its own in an open shadow root: its
// style, and its buttons, which are pressed from here while its own toolbar is hidden.

const STYLE = `
  .dc-toolbar {
    display: none !important;
  }
  .dc-root {
    width: min(400px, 100vw - 2rem);
    max-width: none;
  }
  .dc-scroll {
    overflow: hidden !important;
  }
  .dc-container, .dc-container canvas, .canvas-container {
    width: 100% !important;
    height: auto !important;
    aspect-ratio: 1;
  }
  .dc-container {
    border-radius: 10px;
    overflow: hidden;
    background: white;
  }
  .dc-canvas {
    outline: none;
  }
  .dc-container::after {
    content: "";
    position: absolute;
    inset: 0;
    z-index: 30;
    border: 1px solid var(--st-border-color);
    border-radius: 10px;
    pointer-events: none;
  }
  .dc-container.dark {
    background: var(--st-secondary-background-color);
    isolation: isolate;
  }
  .dc-container.dark canvas {
    filter: invert(1);
    mix-blend-mode: screen;
  }
  .hint {
    position: absolute;
    inset: 0;
    z-index: 25;
    display: grid;
    place-content: center;
    gap: 0.35rem;
    padding: 2rem;
    font: 1.15rem var(--st-font);
    text-align: center;
    color: var(--st-text-color);
    opacity: 0.7;
    pointer-events: none;
  }
  .hint small {
    font-size: 0.85rem;
  }
  .hint[hidden] {
    display: none;
  }
`;

/** The labels of its buttons. */
export const UNDO = "Undo";
export const CLEAR = "Reset canvas & history";

/** Its shadow root, once it is on the page. @returns {ShadowRoot | null} */
export function findDrawableCanvas() {
  const elements = [...document.querySelectorAll(".st-key-canvas_area *")];
  const host = elements.find((element) => element.shadowRoot?.querySelector(".dc-root"));
  return host?.shadowRoot ?? null;
}

/** @param {ShadowRoot} root */
export function applyStyle(root) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  root.append(style);
}

/**
 * @param {ShadowRoot | null} root
 * @param {string} label
 */
export const buttonOf = (
  root,
  label,
) => /** @type {HTMLButtonElement | null} */ (root?.querySelector(`[aria-label="${label}"]`) ??
  null);
