// All runs in a table, or groups of them. What is checked is compared at once: the curves hear of it
// here, before the script does.

import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { moved } from "../../lib/keyboard.js";
import { lift, liftsOn, observeLifted } from "../../lib/lifted.js";
import { picked } from "../../lib/picked.js";
import { newKey } from "../../lib/start.js";
import { inOrder, nextOrder, written } from "./rows.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Order, Row } from "./rows.js" */

const DELAY = 100; // milliseconds: the curves come first, and several checks make one script run
const PORTION = 200; // rows that are made at once
const NEAR = 400; // pixels below those that are seen

/** @typedef {{ name: string, format: string, help: string }} Column */

/**
 * @typedef {object} Data see pages/components/compare_table.py
 * @property {Column[]} columns
 * @property {Row[]} rows
 * @property {string[]} compared
 * @property {Record<string, string>} colors
 * @property {string} received
 */

/** @typedef {{ line: HTMLTableRowElement, check: HTMLInputElement, swatch: HTMLElement, row: Row }} Made */

/** @param {Call} call */
export default function compareTable(call) {
  return mount(call, (parent, { guard, setStateValue }) => {
    const box = find(parent, ".runs", HTMLElement);
    const head = find(parent, "thead", HTMLTableSectionElement);
    const body = find(parent, "tbody", HTMLTableSectionElement);
    const checkAll = element("input");
    checkAll.type = "checkbox";
    checkAll.setAttribute("aria-label", "Compare all runs of the table");

    /** @type {Data} */
    let data = { columns: [], rows: [], compared: [], colors: {}, received: "" };
    let content = ""; // what the rows were made of
    /** @type {Order | null} */
    let order = null;
    let rows = data.rows; // in that order
    /** @type {Made[]} the first of them */
    let made = [];
    let compared = new Set(/** @type {string[]} */ ([]));
    let sent = ""; // the id of a change that the script has not received yet
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let focused = 0; // the row that the Tab key leads to
    let last = 0; // the row that was checked last

    const isNumber = (/** @type {number} */ column) =>
      typeof data.rows.find(({ values }) => values[column] !== null)?.values[column] === "number";

    function build() {
      const line = element("tr"), corner = element("th", "check"), target = element("label");
      target.append(checkAll);
      corner.append(target);
      line.append(corner, ...data.columns.map(heading));
      head.replaceChildren(line);
      rows = inOrder(data.rows, order);
      const count = Math.max(PORTION, made.length), { scrollTop } = box;
      const hadFocus = made.some(({ check }) => check.matches(":focus"));
      made = [];
      body.replaceChildren();
      add(count);
      box.scrollTop = scrollTop;
      moveTo(Math.min(focused, made.length - 1), hadFocus);
    }

    /** @param {Column} column @param {number} index */
    function heading({ name, help }, index) {
      const cell = element("th", isNumber(index) ? "number" : "");
      const button = element("button", "", name);
      cell.scope = "col";
      button.type = "button";
      button.title = help;
      if (order?.column === index) {
        cell.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
      }
      button.onclick = guard(() => {
        order = nextOrder(order, index, isNumber(index));
        focused = box.scrollTop = 0;
        made = [];
        build();
        head.querySelectorAll("button")[index].focus();
      });
      cell.append(button);
      return cell;
    }

    /** Make the next rows. @param {number} count */
    function add(count) {
      const now = Date.now(), first = made.length;
      const numbers = data.columns.map((_, column) => isNumber(column));
      rows.slice(first, first + count).forEach((row, i) => {
        const texts = row.values.map((value, column) =>
          written(value, data.columns[column].format, now)
        );
        made.push(makeRow(row, first + i, texts, numbers));
      });
      body.append(...made.slice(first).map(({ line }) => line));
      mark();
    }

    /**
     * @param {Row} row
     * @param {number} index
     * @param {string[]} texts
     * @param {boolean[]} numbers which of them are numbers
     * @returns {Made}
     */
    function makeRow(row, index, texts, numbers) {
      const line = element("tr"), cell = element("td", "check"), target = element("label");
      const check = element("input"), swatch = element("span", "swatch");
      check.type = "checkbox";
      check.tabIndex = index === focused ? 0 : -1;
      check.setAttribute("aria-label", `Compare ${texts[0]}`);
      target.append(check, swatch);
      cell.append(target);
      line.append(
        cell,
        ...texts.map((text, column) => element("td", numbers[column] ? "number" : "", text)),
      );
      if (row.runs.length === 1) liftsOn(line, row.runs[0]);
      line.onclick = guard((event) => {
        if (event.target === check) take(index, event.shiftKey);
        else if (!target.contains(/** @type {Node} */ (event.target))) check.click();
      });
      return { line, check, swatch, row };
    }

    /**
     * Check or uncheck a row.
     *
     * @param {number} index
     * @param {boolean} isRange all from the one that was checked before to it
     */
    function take(index, isRange) {
      const first = isRange ? Math.min(last, index) : index;
      const end = isRange ? Math.max(last, index) : index;
      last = index;
      moveTo(index, false);
      set(rows.slice(first, end + 1), made[index].check.checked);
    }

    /** @param {Row[]} changed @param {boolean} isCompared */
    function set(changed, isCompared) {
      for (const id of changed.flatMap(({ runs }) => runs)) {
        if (isCompared) compared.add(id);
        else compared.delete(id);
      }
      sent = newKey();
      const runs = [...compared];
      mark();
      picked.set(runs);
      clearTimeout(timer);
      timer = setTimeout(guard(() => setStateValue("checked", { id: sent, runs })), DELAY);
    }

    /** Show which rows are compared. */
    function mark() {
      const has = (/** @type {Row} */ { runs }) => runs.every((id) => compared.has(id));
      for (const { check, swatch, row } of made) {
        check.checked = has(row);
        swatch.style.background = check.checked ? data.colors[row.runs[0]] ?? "" : "";
      }
      checkAll.checked = rows.length > 0 && rows.every(has);
      checkAll.indeterminate = !checkAll.checked && rows.some(has);
    }

    /** @param {number} index @param {boolean} withFocus */
    function moveTo(index, withFocus) {
      focused = Math.max(0, index);
      made.forEach(({ check }, i) => check.tabIndex = i === focused ? 0 : -1);
      if (withFocus) made[focused]?.check.focus();
    }

    checkAll.onchange = guard(() => set(rows, checkAll.checked));
    box.onscroll = guard(() => {
      const below = box.scrollHeight - box.scrollTop - box.clientHeight;
      if (below < NEAR && made.length < rows.length) add(PORTION);
    });
    body.onkeydown = guard((event) => {
      const index = made.findIndex(({ check }) => check === event.target);
      if (index < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
      const next = moved(event.key, index, made.length, 1);
      if (next === null) return;
      event.preventDefault();
      moveTo(next, true);
    });
    const unobserve = observeLifted((run) => {
      for (const { line, row } of made) line.classList.toggle("lifted", row.runs[0] === run);
    });
    return {
      /** @param {Data} news */
      update(news) {
        data = news;
        if (!sent || news.received === sent) {
          sent = "";
          compared = new Set(news.compared);
          picked.set(null);
        }
        const now = JSON.stringify([news.columns, news.rows]);
        if (now !== content) {
          content = now;
          build();
        } else mark();
      },
      end() {
        clearTimeout(timer);
        unobserve();
        lift(null);
        picked.set(null);
      },
    };
  });
}
