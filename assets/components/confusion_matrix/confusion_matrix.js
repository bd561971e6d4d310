// The confusion matrix, or the difference between two: a table with a button in each cell, changed in
// place.

import { mountDrawing } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { roving } from "../../lib/keyboard.js";

/** @import { Call } from "../../lib/component.js" */

/**
 * Tables of 10 rows, one for each actual digit; see pages/components/confusion_matrix.py.
 *
 * @typedef {object} Data
 * @property {number[][]} shades from −1, the strongest red, to 1, the strongest green or blue
 * @property {string[][]} text
 * @property {string[][]} labels the cells in words
 * @property {boolean} diverging whether it is a difference, from red to blue
 * @property {[number, number]} selected row and column, −1 for any
 * @property {string} alt
 */

const DIGITS = [...Array(10).keys()];

/** @param {Call} call */
export default function confusionMatrix(call) {
  return mountDrawing(call, (content, data, _theme, { setTriggerValue }) => {
    const { shades, text, labels, diverging, selected, alt } = /** @type {Data} */ (data);
    const table = find(content, "table", HTMLTableElement);
    if (!table.tBodies[0].rows.length) build(table);
    table.setAttribute("aria-label", alt);
    table.classList.toggle("diverging", diverging);
    const buttons = [...table.querySelectorAll("button")];
    for (const actual of DIGITS) {
      for (const predicted of DIGITS) {
        const button = buttons[10 * actual + predicted];
        button.textContent = text[actual][predicted];
        button.style.setProperty("--share", String(shades[actual][predicted]));
        button.title = labels[actual][predicted];
        button.setAttribute("aria-label", button.title);
        button.setAttribute("aria-pressed", String(isSelected(selected, actual, predicted)));
        button.onclick = () => setTriggerValue("cell", [actual, predicted]);
      }
    }
  });
}

/** @param {HTMLTableElement} table */
function build(table) {
  const header = (/** @type {number} */ digit, /** @type {string} */ scope) => {
    const made = element("th", "", String(digit));
    made.scope = scope;
    return made;
  };
  table.tHead?.rows[1].append(...DIGITS.map((digit) => header(digit, "col")));
  for (const actual of DIGITS) {
    const row = table.tBodies[0].insertRow();
    row.append(header(actual, "row"));
    for (const _ of DIGITS) row.insertCell().append(element("button"));
  }
  roving(table);
}

/**
 * Whether a cell is the selected one, or in the selected row or column.
 *
 * @param {[number, number]} selected
 * @param {number} actual
 * @param {number} predicted
 */
function isSelected([row, column], actual, predicted) {
  if (row < 0 && column < 0) return false;
  return (row < 0 || row === actual) && (column < 0 || column === predicted);
}
