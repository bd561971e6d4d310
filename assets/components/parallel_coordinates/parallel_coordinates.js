// Parallel coordinates: an axis for each field of a sweep and one for the accuracy, and a line for
// each configuration. A drag on an axis keeps the lines that pass there.

import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { clamp } from "../../lib/layout.js";
import { svg } from "../../lib/svg.js";
import {
  asRange,
  fixedEnd,
  isWithin,
  moved,
  nearest,
  percentScale,
  positionOf,
  scaleOf,
  textAt,
  ticksOf,
} from "./scales.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Axis, Range, Scale } from "./scales.js" */

/** @typedef {{ values: number[], accuracy: number, text: string }} Line the best is first */
/** @typedef {{ axes: Axis[], lines: Line[] }} Data see pages/components/parallel_coordinates.py */

const HEIGHT = 320, TOP = 34, BOTTOM = 20, LEFT = 42, RIGHT = 60; // pixels
const MIN_GAP = 84; // between two axes: four fit on a phone; a narrower chart scrolls
const NEAR = 12; // pixels from a line that count as on it
// Pixels on each side of an axis, and of an end of its filter, that take drags.
const REACH = 18, REACH_OF_A_FINGER = 20;
const CLICK = 4; // pixels that are no drag
const STEP = 0.05; // of an arrow key
const HINT = "Point at a line to see its values; drag along an axis to keep the lines there.";

/** @param {Call} call */
export default function parallelCoordinates(call) {
  return mount(call, (parent, { guard }) => {
    const chart = find(parent, ".chart", HTMLElement);
    const shown = find(parent, ".shown", HTMLElement);
    const clear = find(parent, "[name=clear]", HTMLButtonElement);
    let data = /** @type {Data} */ ({ axes: [], lines: [] });
    let known = ""; // the data, and the width, as drawn
    /** @type {Scale[]} */
    let scales = [];
    /** @type {(Range | null)[]} */
    let filters = [];
    /** @type {number[][]} */
    let positions = []; // of each line on each axis
    /** @type {[number, number][][]} */
    let points = [];
    /** @type {SVGPathElement[]} */
    let paths = [];
    let reach = REACH; // or that of a finger
    let lifted = -1; // the index of the line whose values are shown
    /** @type {(() => void)[]} */
    let showFilter = []; // of each axis

    const toY = (/** @type {number} */ at) => TOP + (1 - at) * (HEIGHT - TOP - BOTTOM);
    const fromY = (/** @type {number} */ y) => clamp(1 - (y - TOP) / (HEIGHT - TOP - BOTTOM), 0, 1);
    const isIn = (/** @type {number} */ line) => isWithin(positions[line], filters);

    function draw() {
      const width = chart.clientWidth;
      const now = JSON.stringify([data, width]);
      if (!width || !data.lines.length || now === known) return;
      known = now;
      reach = matchMedia("(pointer: coarse)").matches ? REACH_OF_A_FINGER : REACH;
      const labels = [...data.axes.map(({ label }) => label), "Test accuracy"];
      const columns = labels.map((_, i) =>
        data.lines.map(({ values, accuracy }) => values[i] ?? accuracy)
      );
      scales = columns.map((values, i) =>
        data.axes[i] ? scaleOf(data.axes[i], values) : percentScale(values)
      );
      if (filters.length !== labels.length) filters = labels.map(() => null);
      positions = data.lines.map((_, line) =>
        columns.map((values, i) => positionOf(scales[i], values[line]))
      );
      const gap = Math.max(MIN_GAP, (width - LEFT - RIGHT) / data.axes.length);
      const whole = LEFT + RIGHT + gap * data.axes.length;
      points = positions.map((line) => line.map((at, i) => [LEFT + i * gap, toY(at)]));
      const focus = focusedName();
      const image = svg("svg", { width: whole, height: HEIGHT, viewBox: `0 0 ${whole} ${HEIGHT}` });
      image.append(
        drawLines(),
        svg("rect", {
          class: "outline",
          x: 1,
          y: 1,
          width: whole - 2,
          height: HEIGHT - 2,
          rx: 6,
        }),
      );
      showFilter = [];
      labels.forEach((label, i) => {
        image.append(...drawAxis(label, i, LEFT + i * gap, columns[i]));
      });
      image.addEventListener("pointermove", guard(point));
      image.addEventListener("pointerdown", guard(point));
      image.addEventListener("pointerleave", guard(() => lift(-1)));
      chart.replaceChildren(image);
      refocus(image, focus);
      lifted = -1;
      showFilters();
    }

    /** The label of the part that has the keyboard's focus, which drawing anew would take. */
    function focusedName() {
      const root = chart.getRootNode();
      const active = root instanceof ShadowRoot || root instanceof Document
        ? root.activeElement
        : null;
      return active && chart.contains(active) ? active.getAttribute("aria-label") : null;
    }

    /**
     * @param {SVGElement} image
     * @param {string | null} name
     */
    function refocus(image, name) {
      for (const part of image.querySelectorAll("[tabindex]")) {
        if (name && part.getAttribute("aria-label") === name) {
          /** @type {SVGElement} */ (part).focus({ preventScroll: true });
        }
      }
    }

    function drawLines() {
      const group = svg("g", {
        class: "lines",
        role: "listbox",
        tabindex: 0,
        "aria-label": "Configurations, the best first",
      });
      const accuracy = data.axes.length;
      paths = data.lines.map(({ text }, line) => {
        const path = svg("path", {
          class: "line",
          role: "option",
          id: `line-${line}`,
          "aria-label": text,
          "aria-selected": "false",
          d: `M${points[line].map((xy) => xy.join(" ")).join("L")}`,
        });
        path.style.setProperty("--share", `${Math.round(100 * positions[line][accuracy])}%`);
        return path;
      });
      group.append(...paths.toReversed()); // the best is drawn last, on top
      group.addEventListener("keydown", guard(walk));
      group.addEventListener("blur", guard(() => lift(-1)));
      return group;
    }

    /**
     * @param {string} label
     * @param {number} i
     * @param {number} x
     * @param {number[]} values
     */
    function drawAxis(label, i, x, values) {
      const selected = svg("rect", { class: "selected", x: x - 6, width: 12, rx: 2 });
      const area = svg("rect", {
        class: "area",
        x: x - reach,
        width: 2 * reach,
        y: TOP - reach,
        height: HEIGHT - TOP - BOTTOM + 2 * reach,
      });
      const handles = /** @type {const} */ ([0, 1]).map((end) => {
        const handle = svg("g", {
          class: "handle",
          tabindex: 0,
          role: "slider",
          "aria-orientation": "vertical",
          "aria-label": `${label}, ${end ? "upper" : "lower"} end`,
          "aria-valuemin": 0,
          "aria-valuemax": 100,
        });
        const side = 2 * reach;
        handle.append(
          svg("rect", { class: "target", x: -reach, y: -reach, width: side, height: side }),
          svg("path", { d: end ? "M-6 0L6 0L0 -9Z" : "M-6 0L6 0L0 9Z" }),
        );
        handle.addEventListener("keydown", guard((event) => moveEnd(event, i, end)));
        return handle;
      });
      showFilter[i] = () => {
        const [low, high] = filters[i] ?? [0, 1];
        selected.setAttribute("y", String(toY(high)));
        selected.setAttribute("height", String(filters[i] ? Math.max(2, toY(low) - toY(high)) : 0));
        [low, high].forEach((at, end) => {
          handles[end].setAttribute("transform", `translate(${x} ${toY(at)})`);
          handles[end].setAttribute("aria-valuenow", String(Math.round(100 * at)));
          handles[end].setAttribute("aria-valuetext", textAt(scales[i], at));
        });
      };
      area.addEventListener("pointerdown", guard((event) => startDrag(event, area, i)));
      const ticks = ticksOf(scales[i], values).map(({ at, text }) =>
        svg("text", { class: "tick", x: x + 9, y: toY(at) + 4 }, text)
      );
      const axis = svg("path", { class: "axis", d: `M${x} ${toY(0)}V${toY(1)}` });
      const name = svg("text", { class: "name", x, y: 14, "text-anchor": "middle" }, label);
      return [axis, selected, ...ticks, name, area, ...handles];
    }

    /**
     * A drag along an axis: of an end of its filter, or to a new one. A click removes it.
     *
     * @param {PointerEvent} event
     * @param {SVGRectElement} area
     * @param {number} i
     */
    function startDrag(event, area, i) {
      if (event.button) return;
      const top = () => area.ownerSVGElement?.getBoundingClientRect().top ?? 0;
      const begin = event.clientY, at = fromY(begin - top());
      const fixed = fixedEnd(filters[i], at, reach / (HEIGHT - TOP - BOTTOM));
      let isDrag = false;
      area.setPointerCapture(event.pointerId);
      area.onpointermove = guard((/** @type {PointerEvent} */ move) => {
        isDrag ||= Math.abs(move.clientY - begin) >= CLICK;
        if (isDrag) filter(i, asRange(fixed, fromY(move.clientY - top())));
      });
      area.onpointerup = area.onpointercancel = guard(() => {
        area.onpointermove = area.onpointerup = area.onpointercancel = null;
        if (!isDrag) filter(i, null);
      });
    }

    /**
     * @param {KeyboardEvent} event
     * @param {number} i
     * @param {0 | 1} end
     */
    function moveEnd(event, i, end) {
      const at = (filters[i] ?? [0, 1])[end];
      const to = {
        ArrowUp: at + STEP,
        ArrowRight: at + STEP,
        ArrowDown: at - STEP,
        ArrowLeft: at - STEP,
        Home: 0,
        End: 1,
      }[event.key];
      if (event.key === "Escape") filter(i, null);
      else if (to === undefined) return;
      else filter(i, moved(filters[i], end, clamp(to, 0, 1)));
      event.preventDefault();
      event.stopPropagation();
    }

    /**
     * Arrow keys go from one line to the next one that no filter hides.
     *
     * @param {KeyboardEvent} event
     */
    function walk(event) {
      const inside = [...data.lines.keys()].filter(isIn), now = inside.indexOf(lifted);
      const to = {
        ArrowDown: now + 1,
        ArrowRight: now + 1,
        ArrowUp: Math.max(0, now - 1),
        ArrowLeft: Math.max(0, now - 1),
        Home: 0,
        End: inside.length - 1,
      }[event.key];
      if (event.key === "Escape") lift(-1);
      else if (to === undefined) return;
      else if (inside.length) lift(inside[Math.min(to, inside.length - 1)]);
      event.preventDefault();
      event.stopPropagation();
    }

    /** @param {PointerEvent} event */
    function point(event) {
      if (event.buttons && event.pointerType === "mouse") return; // a drag
      const image = /** @type {SVGElement} */ (event.currentTarget);
      const box = image.getBoundingClientRect();
      const inside = [...data.lines.keys()].filter(isIn);
      const near = nearest(
        inside.map((line) => points[line]),
        event.clientX - box.left,
        event.clientY - box.top,
        NEAR,
      );
      lift(inside[near] ?? -1);
    }

    /** @param {number} line −1: none */
    function lift(line) {
      if (line === lifted) return;
      const group = chart.querySelector(".lines");
      paths[lifted]?.classList.remove("lifted");
      paths[lifted]?.setAttribute("aria-selected", "false");
      lifted = line;
      paths[line]?.classList.add("lifted");
      paths[line]?.setAttribute("aria-selected", "true");
      group?.classList.toggle("lifting", line >= 0);
      if (line >= 0) group?.setAttribute("aria-activedescendant", `line-${line}`);
      else group?.removeAttribute("aria-activedescendant");
      describe();
    }

    /**
     * @param {number} i
     * @param {Range | null} range
     */
    function filter(i, range) {
      filters[i] = range;
      showFilters();
    }

    function showFilters() {
      for (const show of showFilter) show();
      paths.forEach((path, line) => path.classList.toggle("out", !isIn(line)));
      if (lifted >= 0 && !isIn(lifted)) lift(-1);
      clear.hidden = !filters.some(Boolean);
      describe();
    }

    function describe() {
      const total = data.lines.length;
      const inside = filters.some(Boolean) ? [...data.lines.keys()].filter(isIn).length : total;
      const count = inside < total
        ? `${inside} of ${total} configurations are within the filters.`
        : HINT;
      shown.textContent = data.lines[lifted]?.text ?? count;
    }

    clear.onclick = guard(() => {
      filters = filters.map(() => null);
      showFilters();
    });
    const resizes = new ResizeObserver(guard(draw));
    resizes.observe(chart);
    return {
      update(/** @type {Data} */ latest) {
        const labels = (/** @type {Data} */ { axes }) => axes.map(({ label }) => label).join("\n");
        if (labels(latest) !== labels(data)) filters = [];
        data = latest;
        draw();
        // While it is being moved, the chart has no width. One that is back within a frame is the
        // same as before to the observer.
        if (!chart.clientWidth) requestAnimationFrame(guard(draw));
      },
      end: () => resizes.disconnect(),
    };
  });
}
