// Streamlit's theme as the components see it: colors, palettes, and when they change.

/**
 * @typedef {object} Theme CSS colors, and the font's name; "" before the element is on the page
 * @property {string} text
 * @property {string} background
 * @property {string} panel
 * @property {string} accent
 * @property {string} border
 * @property {string} positive
 * @property {string} negative
 * @property {string} neutral
 * @property {string} correct
 * @property {string} wrong
 * @property {string} font
 */

/**
 * The theme where the element stands: Streamlit's variables, and those of palette.css.
 *
 * @param {Element} element
 * @returns {Theme}
 */
export function themeOf(element) {
  const style = getComputedStyle(element);
  const css = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: css("st-text-color"),
    background: css("st-background-color"),
    panel: css("st-secondary-background-color"),
    accent: css("st-primary-color"),
    border: css("st-border-color"),
    positive: css("st-blue-color"),
    negative: css("st-red-color"),
    neutral: css("digitscope-neutral"),
    correct: css("digitscope-correct"),
    wrong: css("digitscope-wrong"),
    font: css("st-font"),
  };
}

/**
 * Call `changed` whenever the theme's colors change, also when the element only then comes onto
 * the page. Streamlit announces neither, but a CSS transition of a probe that has these colors
 * starts at once.
 *
 * @param {Node} parent
 * @param {() => void} changed
 * @returns {() => void} ends the observation
 */
export function observeTheme(parent, changed) {
  const probe = document.createElement("span");
  probe.setAttribute("aria-hidden", "true");
  probe.style.cssText = "position: absolute; width: 0; height: 0; pointer-events: none;" +
    "color: var(--st-text-color); background-color: var(--st-background-color);" +
    "outline-color: var(--st-primary-color);" +
    "transition: color 1ms, background-color 1ms, outline-color 1ms;";
  let request = 0; // several colors change at once
  probe.addEventListener("transitionrun", () => {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(changed);
  });
  parent.appendChild(probe);
  return () => {
    cancelAnimationFrame(request);
    probe.remove();
  };
}

/**
 * "#1d63b8", "#fff" or "rgb(29, 99, 184)" → [29, 99, 184]
 *
 * @param {string} color
 */
export function rgb(color) {
  if (color[0] !== "#") return (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  const hex = color.length === 4 ? color.replace(/[^#]/g, "$&$&").slice(1) : color.slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/**
 * A mixture of two colors as one pixel of a canvas: 0xAABBGGRR, opaque.
 *
 * @param {number[]} from red, green, blue
 * @param {number[]} to
 * @param {number} share of `to`, 0–1
 */
export function mix(from, to, share) {
  const [r, g, b] = from.map((start, i) => Math.round(start + (to[i] - start) * share));
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/**
 * The color of an int8 weight w at index w + 128: negative, then the panel's color at 0, positive.
 * The exponent makes small weights visible.
 *
 * @param {Theme} theme
 */
export function weightPalette(theme) {
  const zero = rgb(theme.panel), negative = rgb(theme.negative), positive = rgb(theme.positive);
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const weight = index - 128;
    const share = Math.min(1, Math.abs(weight) / 127) ** 0.8;
    return mix(zero, weight < 0 ? negative : positive, share);
  });
}

/**
 * The color of a pixel 0–255 shown as ink on paper.
 *
 * @param {Theme} theme
 */
export function drawingPalette(theme) {
  const background = rgb(theme.panel), stroke = rgb(theme.text);
  return Uint32Array.from({ length: 256 }, (_, value) => mix(background, stroke, value / 255));
}

/** The color of a pixel 0–255 as a network is given it: 0 black, 255 white. */
export const grayPalette = Uint32Array.from(
  { length: 256 },
  (_, value) => mix([0, 0, 0], [255, 255, 255], value / 255),
);
