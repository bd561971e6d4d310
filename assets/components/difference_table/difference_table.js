// A column for each run: the settings in which the runs differ, and their results.

import { mountDrawing } from "../../lib/component.js";
import { element } from "../../lib/dom.js";
import { liftsOn, observeLifted } from "../../lib/lifted.js";

/** @import { Call } from "../../lib/component.js" */

/** @typedef {{ id: string, name: string, color: string }} Run */
/** @typedef {{ label: string, values: string[], best: boolean[] }} Row see pages/components/difference_table.py */
/** @typedef {{ runs: Run[], settings: Row[], results: Row[] }} Data */

/** @type {WeakMap<HTMLElement, () => void>} */
const observations = new WeakMap();

/** @param {Call} call */
export default function differenceTable(call) {
  return mountDrawing(call, (content, data) => {
    const { runs, settings, results } = /** @type {Data} */ (data);
    const table = element("table"), head = element("thead"), headRow = element("tr");
    table.setAttribute("aria-label", "Differences and results of the compared runs");
    headRow.append(element("td"), ...runs.map(heading));
    head.append(headRow);
    table.append(
      head,
      ...[settings, results].filter((rows) => rows.length).map((rows) => {
        const body = element("tbody");
        body.append(...rows.map((row) => tableRow(row, runs)));
        return body;
      }),
    );
    content.replaceChildren(table);
    // Where it does not fit, the keyboard scrolls it.
    content.tabIndex = content.scrollWidth > content.clientWidth ? 0 : -1;
    observations.get(content)?.();
    observations.set(
      content,
      observeLifted((run) => {
        for (const cell of table.querySelectorAll("[data-run]")) {
          cell.classList.toggle("lifted", cell.getAttribute("data-run") === run);
        }
      }),
    );
  }, (content) => observations.get(content)?.());
}

/** @param {Run} run */
function heading({ id, name, color }) {
  const cell = element("th"), swatch = element("span", "swatch");
  cell.scope = "col";
  cell.title = name;
  cell.dataset.run = id;
  swatch.style.background = color;
  cell.append(swatch, name);
  liftsOn(cell, id);
  return cell;
}

/**
 * @param {Row} row
 * @param {Run[]} runs
 */
function tableRow({ label, values, best }, runs) {
  const row = element("tr"), head = element("th", "", label);
  head.scope = "row";
  row.append(head);
  values.forEach((value, i) => {
    const cell = element("td", best[i] ? "best" : "", value);
    cell.dataset.run = runs[i].id;
    liftsOn(cell, runs[i].id);
    row.append(cell);
  });
  return row;
}
