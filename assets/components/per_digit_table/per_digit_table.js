// A row for all digits and one for each: its accuracy now and over the run.

import { mountDrawing } from "../../lib/component.js";
import { element } from "../../lib/dom.js";
import { formatPercent } from "../../lib/numbers.js";
import { curve } from "./curve.js";

/** @import { Call } from "../../lib/component.js" */

/**
 * @typedef {object} Row see pages/components/per_digit_table.py
 * @property {string} name
 * @property {number | null} accuracy 0–1; null: there is no such image
 * @property {(number | null)[]} history the accuracy at earlier snapshots, and now
 * @property {string} change since the first of them
 * @property {string} errors how many images are predicted wrong
 * @property {string} confused_with
 */

/** @typedef {{ headings: string[], rows: Row[], positions: number[] }} Data positions: 0–1 */

/** @param {Call} call */
export default function perDigitTable(call) {
  return mountDrawing(call, (content, data) => {
    const { headings, rows, positions } = /** @type {Data} */ (data);
    const table = element("table"), head = element("thead"), body = element("tbody");
    const headRow = element("tr");
    headRow.append(...headings.map((text) => heading("col", text)));
    head.append(headRow);
    const highest = Math.max(...rows.map((row) => 1 - (row.accuracy ?? 1)));
    body.append(...rows.map((row) => tableRow(row, positions, highest)));
    table.append(head, body);
    table.setAttribute("aria-label", "Accuracy of each digit");
    content.replaceChildren(table);
    // Where it does not fit, the keyboard scrolls it.
    content.tabIndex = content.scrollWidth > content.clientWidth ? 0 : -1;
  });
}

/**
 * @param {Row} row
 * @param {number[]} positions
 * @param {number} highest error rate of all rows
 */
function tableRow({ name, accuracy, history, change, errors, confused_with }, positions, highest) {
  const row = element("tr");
  row.append(heading("row", name));
  row.append(element("td", "value", accuracy === null ? "–" : formatPercent(accuracy)));
  if (positions.length > 1) {
    const cell = element("td", "history");
    cell.append(curve(positions, history), element("span", "value", change));
    row.append(cell);
  }
  // In relation to the worst digit: beside it 98 and 99 % would look alike.
  const share = accuracy === null ? 0 : (1 - accuracy) / (highest || 1);
  const cell = element("td"), bar = element("span", "bar"), length = element("i");
  length.style.width = `${100 * share}%`;
  bar.append(length);
  cell.append(bar, element("span", "", errors));
  row.append(cell, element("td", "", confused_with));
  return row;
}

/**
 * @param {"row" | "col"} scope
 * @param {string} text
 */
function heading(scope, text) {
  const cell = element("th", "", text);
  cell.scope = scope;
  return cell;
}
