// The probabilities of the ten digits as bars: plain elements, changed in place.

import { element } from "./dom.js";
import { formatPercent } from "./numbers.js";

const VISIBLE = 0.0005; // probabilities below it get no number

/** @typedef {(probabilities: number[], marks?: Record<number, string>) => void} Update */

/**
 * Ten rows: digit, bar, number. → the element, and how to change it. Marked digits have the class and
 * the word "actual" or "predicted".
 *
 * @returns {{ box: HTMLElement, update: Update }}
 */
export function barRows() {
  const box = element("div", "bar-rows");
  box.setAttribute("role", "img");
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = element("div"), bar = element("i"), value = element("span", "value");
    const track = element("span", "track");
    track.append(bar);
    row.append(element("b", "", String(digit)), track, value);
    box.append(row);
    return { row, bar, value };
  });
  return {
    box,
    update(probabilities, marks = {}) {
      const largest = Math.max(...probabilities);
      probabilities.forEach((probability, digit) => {
        const { row, bar, value } = rows[digit], mark = marks[digit] ?? "";
        row.className = mark || (largest && probability === largest ? "largest" : "");
        bar.style.transform = `scaleX(${probability})`;
        const percent = probability < VISIBLE ? "" : formatPercent(probability);
        value.textContent = [percent, mark].filter(Boolean).join(" ");
      });
      box.setAttribute("aria-label", inWords(probabilities));
    },
  };
}

/**
 * Ten small columns, which say nothing to a screen reader: what they stand beside does.
 *
 * @returns {{ box: HTMLElement, update: Update }}
 */
export function barColumns() {
  const box = element("span", "bar-columns");
  box.setAttribute("aria-hidden", "true");
  const bars = Array.from({ length: 10 }, () => element("i"));
  box.append(...bars);
  return {
    box,
    update(probabilities, marks = {}) {
      probabilities.forEach((probability, digit) => {
        bars[digit].className = marks[digit] ?? "";
        bars[digit].style.height = `${Math.max(4, 100 * probability)}%`;
      });
    },
  };
}

/**
 * The actual digit, and the predicted one where it is another.
 *
 * @param {number | null} actual
 * @param {number | null} predicted
 * @returns {Record<number, string>}
 */
export const marksOf = (actual, predicted) => ({
  ...(predicted === null ? {} : { [predicted]: "predicted" }),
  ...(actual === null ? {} : { [actual]: "actual" }),
});

/** @param {number[]} probabilities */
function inWords(probabilities) {
  if (!Math.max(...probabilities)) return "Probabilities: none yet";
  const list = probabilities.map((p, digit) => `${digit}: ${formatPercent(p)}`).join(", ");
  return `Probabilities: ${list}`;
}
