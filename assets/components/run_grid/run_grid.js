// A grid of runs that differ in two settings: each cell shows weights of its run, or its
// accuracy curve, live, and the result in a color when it has finished.

import { contextOf, putImage, resize, SIDE } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { putInView } from "../../lib/in_view.js";
import { moved } from "../../lib/keyboard.js";
import { formatCount, formatPercent } from "../../lib/numbers.js";
import { remember } from "../../lib/remembered.js";
import { rejectionText, settledSettings, startRuns } from "../../lib/start.js";
import { follow } from "../../lib/stream.js";
import { themeOf, weightPalette } from "../../lib/theme.js";
import { urlOf } from "../../lib/urls.js";
import { paintTile } from "../weight_wall/tiles.js";
import { cellText, curveOf, isActive, progressText, resultOf, scaleOf } from "./cells.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Settings } from "../../lib/start.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { Snapshot } from "../../lib/wire.js" */

const RATE = 3; // snapshots a second of each cell
const GAP = 2; // pixels between two neurons
const MAX_SIDE = 62; // pixels of the page that the neurons of a cell take
const CURVE = { width: 62, height: 58 }; // pixels
const CLOCK_INTERVAL = 1000; // milliseconds
const HINT = "Click a cell to open its run. Check two to compare them.";
const CURVES = "The curves go from 0 % accuracy to 99 %, in equal factors of the error rate.";
const KEYS = "Arrow keys move, Enter opens the run, Space selects it.";

/**
 * @typedef {object} Data see pages/components/run_grid.py
 * @property {{ name: string, labels: string[] }} columns
 * @property {{ name: string, labels: string[] }} rows
 * @property {{ run: string | null, parameters: number }[]} cells row by row
 * @property {string | null} group
 * @property {number} age seconds
 * @property {boolean} can_control
 * @property {object} request
 * @property {Settings} texts
 * @property {Record<string, string>} choices
 * @property {Record<string, string>} labels
 */

/**
 * @typedef {object} Cell
 * @property {HTMLTableCellElement} box
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} result
 * @property {HTMLElement} note
 * @property {HTMLInputElement} check
 * @property {string} name
 * @property {Stream} [stream]
 * @property {Snapshot | null} [drawn]
 */

/** @param {Call} call */
export default function runGrid(call) {
  return mount(call, (parent, { setStateValue, setTriggerValue, guard }) => {
    const button = (/** @type {string} */ name) =>
      find(parent, `button[name=${name}]`, HTMLButtonElement);
    const startButton = button("start"), stopButton = button("stop"), newButton = button("new");
    const compare = find(parent, ".compare", HTMLAnchorElement);
    const part = (/** @type {string} */ name) => find(parent, `.${name}`, HTMLElement);
    const progress = part("progress"), reason = part("reason"), spoken = part("spoken");
    const table = find(parent, "table", HTMLTableElement);
    const show = find(parent, "[name=show]", HTMLSelectElement);
    remember(show, "digitscope-grid-cells");

    let data = /** @type {Data} */ ({});
    /** @type {Cell[]} */
    let cells = [];
    let shape = "", followed = ""; // the table as it was made, and what it follows
    /** @type {Map<string, () => void>} by the runs that are followed */
    const unfollow = new Map();
    /** @type {Set<string>} runs to compare */
    const selected = new Set();
    let focused = 0; // the cell that the Tab key leads to
    let startedAt = 0; // milliseconds
    let cancelReload = () => {};
    let isStarting = false;
    let palette = new Uint32Array(256);

    function build() {
      const { columns, rows } = data;
      const heading = (/** @type {string} */ text, /** @type {string} */ scope) => {
        const made = element("th", "", text);
        made.scope = scope;
        return made;
      };
      const head = element("thead"), body = element("tbody");
      const corner = element("th", "corner", rows.name), title = heading(columns.name, "colgroup");
      corner.rowSpan = 2;
      title.colSpan = columns.labels.length;
      head.insertRow().append(corner, title);
      head.insertRow().append(...columns.labels.map((label) => heading(label, "col")));
      cells = [];
      for (const row of rows.labels) {
        const line = body.insertRow();
        line.append(heading(row, "row"));
        for (const column of columns.labels) {
          const made = makeCell(`${columns.name} ${column}, ${rows.name} ${row}`, cells.length);
          cells.push(made);
          line.append(made.box);
        }
      }
      table.replaceChildren(head, body);
      followed = "";
      focused = 0;
    }

    /**
     * @param {string} name
     * @param {number} index
     * @returns {Cell}
     */
    function makeCell(name, index) {
      const box = element("td"), inner = element("div", "cell"), canvas = element("canvas");
      const text = element("div", "text"), result = element("span", "result");
      const note = element("span", "note"), check = element("input");
      box.setAttribute("role", "gridcell");
      check.type = "checkbox";
      check.tabIndex = -1; // Space in the cell does the same
      check.setAttribute("aria-label", `Select ${name}`);
      text.append(result, note);
      const target = element("label"); // larger than the box, for fingers
      target.append(check);
      inner.append(canvas, text, target);
      box.append(inner);
      box.onclick = guard((event) => {
        if (event.target === check) select(index);
        else if (event.target !== target) open(index);
      });
      box.onfocus = () => moveTo(index, false);
      return { box, canvas, result, note, check, name };
    }

    /** @param {number} index @param {boolean} withFocus */
    function moveTo(index, withFocus) {
      focused = index;
      cells.forEach(({ box }, i) => box.tabIndex = i === focused ? 0 : -1);
      if (withFocus) cells[index].box.focus();
    }

    table.onkeydown = guard((event) => {
      const { target } = event;
      const index = cells.findIndex(({ box }) => target instanceof Node && box.contains(target));
      if (index < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
      const next = moved(event.key, index, cells.length, data.columns.labels.length);
      if (next !== null) moveTo(next, true);
      else if (event.key === "Enter") open(index);
      else if (event.key === " ") select(index);
      else return;
      event.preventDefault();
    });

    /** @param {number} index */
    function open(index) {
      const { run } = data.cells[index];
      if (run && !cells[index].stream?.goneMessage) setTriggerValue("opened", run);
    }

    /** @param {number} index */
    function select(index) {
      const { run } = data.cells[index];
      if (run && !selected.delete(run)) selected.add(run);
      update();
    }

    /** Follow the runs of the cells, each as far as its cell shows it. */
    function followRuns() {
      const runs = data.cells.map(({ run }) => run);
      const now = JSON.stringify([runs, show.value]);
      if (now === followed) return;
      followed = now;
      for (const [run, end] of unfollow) {
        if (runs.includes(run)) continue;
        end();
        unfollow.delete(run);
        selected.delete(run);
      }
      const wish = {
        rate: RATE,
        tiles: Number(show.value) || 0,
        connections: false,
        points: false,
      };
      runs.forEach((run, index) => {
        cells[index].stream = undefined;
        cells[index].drawn = undefined;
        if (!run) return;
        const view = guard((/** @type {Stream} */ stream) => {
          cells[index].stream = stream;
          drawCell(index);
          update();
        });
        const end = follow(run, view, wish);
        unfollow.get(run)?.();
        unfollow.set(run, end);
      });
    }

    /** @param {number} index */
    function drawCell(index) {
      const cell = cells[index], { canvas, stream } = cell;
      if (show.value === "curve") drawCurve(canvas, stream);
      else if (cell.drawn !== stream?.snapshot || !stream) {
        drawNeurons(canvas, stream?.snapshot ?? null);
        cell.drawn = stream?.snapshot;
        if (stream?.snapshot) canvas.dataset.step = String(stream.snapshot.step);
      }
    }

    /**
     * The first neurons as a square of tiles.
     *
     * @param {HTMLCanvasElement} canvas
     * @param {Snapshot | null} snapshot
     */
    function drawNeurons(canvas, snapshot) {
      const wanted = Number(show.value), side = Math.sqrt(wanted);
      const size = side * SIDE + (side - 1) * GAP;
      const pixels = new Uint8Array(size * size); // nothing: the panel's color is a weight of 0
      putImage(canvas, pixels, palette, 128, size, size);
      canvas.style.width = canvas.style.height = `${Math.min(size, MAX_SIDE)}px`;
      if (!snapshot) return;
      const image = new ImageData(size, size), data32 = new Uint32Array(image.data.buffer);
      for (let n = 0; n < Math.min(wanted, snapshot.neurons); n++) {
        const offset = Math.floor(n / side) * (SIDE + GAP) * size + (n % side) * (SIDE + GAP);
        paintTile(snapshot, n, null, palette, data32, offset, size);
      }
      contextOf(canvas).putImageData(image, 0, 0);
    }

    /**
     * Accuracy over the images of the whole run.
     *
     * @param {HTMLCanvasElement} canvas
     * @param {Stream | undefined} stream
     */
    function drawCurve(canvas, stream) {
      const { width, height } = CURVE, theme = themeOf(canvas);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      const ctx = resize(canvas, width, height);
      ctx.fillStyle = theme.panel;
      ctx.fillRect(0, 0, width, height);
      ctx.strokeStyle = theme.text;
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      for (const { x, y } of curveOf(stream)) {
        ctx.lineTo(1 + (width - 2) * x, height - 1 - (height - 2) * y);
      }
      ctx.stroke();
    }

    function update() {
      const streams = cells.map(({ stream }) => stream);
      const scale = scaleOf(streams.map(resultOf));
      cells.forEach((cell, index) => {
        const { box, result, note, check, stream, name } = cell,
          { run, parameters } = data.cells[index];
        const size = `${formatCount(parameters)} parameters`;
        const text = run
          ? cellText(stream)
          : { result: "", note: data.group ? "Deleted" : size.replace(" ", "\n") };
        if (result.textContent !== text.result) result.textContent = text.result;
        if (note.textContent !== text.note) note.textContent = text.note;
        const share = scale?.shares[index] ?? null;
        box.toggleAttribute("data-share", share !== null);
        if (share !== null) box.style.setProperty("--share", String(share));
        const isSelected = Boolean(run && selected.has(run));
        check.hidden = !run;
        check.checked = isSelected;
        box.title = `${name}: ${size}`;
        box.setAttribute("aria-label", `${name}: ${text.result} ${text.note}`);
        box.setAttribute("aria-selected", String(isSelected));
        if (run) box.removeAttribute("aria-disabled");
        else box.setAttribute("aria-disabled", "true");
      });
      part("legend").hidden = !scale;
      if (scale) {
        part("low").textContent = formatPercent(scale.low);
        part("middle").textContent = formatPercent(scale.middle);
        part("high").textContent = formatPercent(scale.high);
      }
      const active = streams.some(isActive);
      startButton.hidden = Boolean(data.group);
      startButton.disabled = isStarting;
      startButton.toggleAttribute("aria-busy", isStarting);
      stopButton.hidden = !(active && data.can_control);
      newButton.hidden = !data.group;
      compare.hidden = selected.size < 2;
      compare.href = urlOf(`compare?runs=${[...selected].join(",")}`);
      compare.textContent = `Compare ${selected.size} runs`;
      const hints = [data.group ? HINT : "", show.value === "curve" ? CURVES : ""];
      part("hint").textContent = hints.join(" ").trim();
      updateProgress();
      const problem = streams.find((stream) => stream?.problem)?.problem;
      if (problem) say(problem);
    }

    function updateProgress() {
      const streams = cells.map(({ stream }) => stream);
      const text = data.group ? progressText(streams, (Date.now() - startedAt) / 1000) : "";
      if (progress.textContent !== text) progress.textContent = text;
      const news = data.group ? text.replace(/,.*/, "") : ""; // not with every second
      if (spoken.textContent !== news) spoken.textContent = news;
    }

    /** @param {string} text */
    function say(text) {
      if (reason.textContent !== text) reason.textContent = text;
    }

    startButton.onclick = guard(async () => {
      isStarting = true;
      say("");
      update();
      const shown = await settledSettings(() => ({ settings: data.texts, choices: data.choices }));
      if (JSON.stringify(shown) === JSON.stringify(data.texts)) {
        const answer = await startRuns("groups", data.request), { group } = answer;
        if (!group) say(rejectionText(answer, data.labels));
        else {
          cancelReload();
          cancelReload = putInView("group", group);
          setStateValue("started", group);
        }
      } else say("Your last change has not arrived yet. Press Start again.");
      isStarting = false;
      update();
    });
    stopButton.onclick = guard(() => {
      // The queued ones first: none of them takes the place of one that stops.
      const streams = cells.map(({ stream }) => stream).filter((stream) => isActive(stream));
      const isQueued = (/** @type {Stream | undefined} */ stream) =>
        stream?.status?.state === "queued" ? 0 : 1;
      streams.sort((a, b) => isQueued(a) - isQueued(b));
      for (const stream of streams) stream?.request("stop");
    });
    newButton.onclick = guard(() => setTriggerValue("new", true));
    show.onchange = guard(() => {
      followRuns();
      draw();
    });
    const clock = setInterval(guard(updateProgress), CLOCK_INTERVAL);

    function draw() {
      palette = weightPalette(themeOf(table));
      cells.forEach((cell, index) => {
        cell.drawn = undefined;
        drawCell(index);
      });
      update();
    }

    return {
      /** @param {Data} news */
      update(news) {
        if (news.group !== data.group) cancelReload();
        data = news;
        startedAt = Date.now() - 1000 * data.age;
        const now = JSON.stringify([data.columns, data.rows]);
        if (now !== shape) build();
        shape = now;
        table.setAttribute("aria-label", `Grid of ${data.cells.length} runs. ${KEYS}`);
        followRuns();
        moveTo(Math.min(focused, cells.length - 1), false);
        draw();
      },
      recolor: draw,
      end() {
        clearInterval(clock);
        cancelReload();
        for (const end of unfollow.values()) end();
      },
    };
  });
}
