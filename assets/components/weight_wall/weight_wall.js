// The weight wall: the incoming weights of each neuron as a tile of 28 × 28 pixels, all on one
// canvas; or their change since another snapshot, or tiles from the script. Blue: a positive
// weight, ink there raises the neuron's activation; red: a negative one, ink there lowers it.

import { contextOf, decode, PIXELS, SIDE } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { moved } from "../../lib/keyboard.js";
import { clamp, gridColumns } from "../../lib/layout.js";
import { formatCount } from "../../lib/numbers.js";
import { themeOf, weightPalette } from "../../lib/theme.js";
import { CELL, difference, fullColorWeight, paintTile, paintTiles } from "./tiles.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { Snapshot } from "../../lib/wire.js" */

const MAX_CELL = 8 * CELL; // pixels of the page
// A badge where its word does not fit, and what it means. All others are of duplicates.
const DEAD = { icon: "×", meaning: "the same output for every image" };
const DUPLICATE = { icon: "=", meaning: "nearly the same weights as another neuron" };
const LENS_SCALE = 6; // pixels a weight in the lens
const PHONE_WIDTH = 700; // pixels

/**
 * @typedef {object} Data see pages/components/weight_wall.py
 * @property {string | null} run
 * @property {"weights" | "initial" | "previous" | "fixed"} mode
 * @property {string | null} tiles Base64, to show without or instead of the run's own
 * @property {number} [step] of the tiles
 * @property {number | null} [samples_seen] of the tiles; null: at the end of training
 * @property {number} neurons that the layer has
 * @property {number[] | null} [order] the neurons to show
 * @property {string[]} [badges] one a neuron, or ""
 * @property {string[]} [notes] likewise
 * @property {number | null} [selected]
 * @property {boolean} can_open whether a click opens the neuron
 * @property {string} [subject] what the tiles show, for the caption
 * @property {boolean} [has_details_panel] the selected neuron is shown beside the wall
 * @property {number} [reserved_height] pixels of the screen that the wall leaves to other things
 */

/** @param {Call} call */
export default function weightWall(call) {
  return mount(call, (parent, { setTriggerValue, guard }) => {
    const canvas = find(parent, "canvas", HTMLCanvasElement);
    const figure = find(parent, "figure", HTMLElement);
    const caption = find(parent, "figcaption", HTMLElement);
    const spoken = find(parent, ".spoken", HTMLElement);
    const lens = find(parent, ".lens", HTMLElement);
    const lensCanvas = find(lens, "canvas", HTMLCanvasElement);
    const lensText = find(lens, "span", HTMLElement);
    const scale = find(parent, "[name=scale]", HTMLSelectElement);
    const count = find(parent, "[name=count]", HTMLSelectElement);
    const save = find(parent, "[name=save]", HTMLButtonElement);
    const bitmap = document.createElement("canvas"); // one pixel a weight

    let data = /** @type {Data} */ ({ mode: "weights" });
    let updates = 0; // of the data
    /** @type {Snapshot | null} the tiles from the script */
    let fixed = null;
    /** @type {Stream | null} */
    let stream = null;
    /** @type {Snapshot | null} what is drawn */
    let snapshot = null;
    let drawn = { snapshot: /** @type {Snapshot | null} */ (null), layout: "" };
    /** @type {{ now?: Snapshot, base?: Snapshot, snapshot?: Snapshot }} */
    let change = {};
    let palette = new Uint32Array(256), paletteColors = "";
    let grid = { columns: 1, cell: 0, neurons: /** @type {number[]} */ ([]) }; // cell: page pixels
    /** @type {Map<string, string>} badges on the wall → what they mean */
    let legend = new Map();
    /** @type {number | null} */
    let pointed = null;
    /** @type {number | null} */
    let selected = null;

    /** Whether the palette has changed. */
    function updatePalette() {
      const theme = themeOf(canvas);
      const colors = theme.panel + theme.positive + theme.negative + theme.accent;
      if (colors === paletteColors) return false;
      paletteColors = colors;
      palette = weightPalette(theme);
      return true;
    }

    /** What the data and the stream say is to be drawn. */
    function current() {
      const now = stream?.snapshot;
      if (!stream || !now || data.mode === "fixed") return fixed;
      if (data.mode === "weights") return now;
      if (fixed?.step === now.step) return fixed;
      const { history } = stream;
      const index = history.findIndex((recorded) => recorded.snapshot.step >= now.step);
      const previous = (index < 0 ? history.length : index) - 1;
      const base = history[data.mode === "initial" ? 0 : previous]?.snapshot ?? now;
      if (change.now !== now || change.base !== base) {
        change = { now, base, snapshot: difference(base, now) };
      }
      return change.snapshot ?? null;
    }

    /** The neurons to draw, in order. @param {Snapshot} snapshot */
    function visibleNeurons({ neurons }) {
      const all = data.order?.filter((n) => n < neurons) ??
        Array.from({ length: neurons }, (_, n) => n);
      return all.slice(0, Number(count.value) || Infinity);
    }

    function draw() {
      const width = figure.clientWidth;
      snapshot = current() ?? snapshot;
      if (!snapshot || !width) return;
      const layout = [width, innerHeight, scale.value, count.value, selected, pointed, updates]
        .join();
      const recolored = updatePalette();
      if (!recolored && drawn.snapshot === snapshot && drawn.layout === layout) return;
      const neurons = visibleNeurons(snapshot);
      // On a wide screen the whole wall is seen without scrolling; on a phone it may be tall.
      const height = innerWidth < PHONE_WIDTH
        ? 1.3 * width
        : Math.max(320, innerHeight - (data.reserved_height ?? 330));
      const columns = gridColumns(neurons.length, width, height, MAX_CELL);
      const rows = Math.max(1, Math.ceil(neurons.length / columns));
      const cell = Math.min(width / columns, height / rows, MAX_CELL);
      grid = { columns, cell, neurons };

      const fullColor = fullColorWeight(snapshot, scale.value);
      paintTiles(bitmap, snapshot, neurons, columns, fullColor, palette);
      const zoom = cell / CELL, ratio = devicePixelRatio || 1;
      canvas.width = Math.round(bitmap.width * zoom * ratio);
      canvas.height = Math.round(bitmap.height * zoom * ratio);
      canvas.style.width = `${bitmap.width * zoom}px`;
      canvas.style.height = `${bitmap.height * zoom}px`;
      compose(canvas, ratio);
      drawLens(snapshot, fullColor);
      describe(snapshot);
      if (drawn.snapshot !== snapshot) {
        canvas.dataset.frames = String(Number(canvas.dataset.frames || 0) + 1);
      }
      canvas.dataset.step = String(snapshot.step);
      canvas.dataset.neurons = String(neurons.length);
      drawn = { snapshot, layout };
    }

    /**
     * The tiles with their badges and the frames of those selected and pointed at.
     *
     * @param {HTMLCanvasElement} target
     * @param {number} ratio of its pixels to those of the page
     */
    function compose(target, ratio) {
      const ctx = contextOf(target), theme = themeOf(canvas);
      const { columns, cell, neurons } = grid, zoom = cell / CELL;
      ctx.imageSmoothingEnabled = zoom * ratio < 3;
      ctx.drawImage(bitmap, 0, 0, target.width, target.height);
      const fontSize = Math.min(11, 0.4 * cell) * ratio;
      ctx.font = `600 ${fontSize}px ${theme.font}`;
      ctx.textBaseline = "top";
      legend = new Map();
      neurons.forEach((n, i) => {
        const x = (i % columns) * cell * ratio, y = Math.floor(i / columns) * cell * ratio;
        const word = data.badges?.[n];
        if (word) {
          const { icon, meaning } = word === "dead" ? DEAD : DUPLICATE;
          const fits = ctx.measureText(word).width + 6 * ratio <= SIDE * zoom * ratio;
          const badge = fits ? word : icon;
          legend.set(word === "dead" ? (fits ? word : `${icon} dead`) : DUPLICATE.icon, meaning);
          ctx.fillStyle = theme.text;
          ctx.fillRect(x, y, ctx.measureText(badge).width + 6 * ratio, 1.4 * fontSize);
          ctx.fillStyle = theme.background;
          ctx.fillText(badge, x + 3 * ratio, y + 2 * ratio);
        }
        if (n !== pointed && n !== selected) return;
        const side = (SIDE * zoom - 2) * ratio;
        ctx.strokeStyle = n === pointed ? theme.text : theme.accent;
        ctx.lineWidth = 2 * ratio;
        ctx.strokeRect(x + ratio, y + ratio, side, side);
      });
    }

    /** @param {Snapshot} snapshot */
    function describe({ step, samples_seen, scales }) {
      const shown = grid.neurons.length, total = data.neurons;
      const when = !step
        ? "before training"
        : samples_seen == null
        ? "at the end of training"
        : `after ${formatCount(samples_seen)} images`;
      const all = `${formatCount(total)} ${total === 1 ? "neuron" : "neurons"}`;
      const part = `${data.order ? "" : "the first "}${formatCount(shown)} of `;
      let text = `${data.subject ?? "First-layer weights"} of ${shown < total ? part : ""}${all}`;
      if (data.mode !== "weights" && !scales.some(Boolean)) text = "No weight has changed yet";
      if (!shown) text = `None of the ${all} matches the filter`;
      const badges = [...legend].map(([badge, meaning]) => `. ${badge}: ${meaning}`).join("");
      caption.textContent = `${text}, ${when}${badges}`;
      const keys = `Arrow keys select a neuron${data.can_open ? ", Enter opens it" : ""}.`;
      canvas.setAttribute("aria-label", `${caption.textContent}. ${keys}`);
    }

    /**
     * The neuron under the pointer, or else the selected one, enlarged beside its tile.
     *
     * @param {Snapshot} snapshot
     * @param {number | null} fullColor
     */
    function drawLens(snapshot, fullColor) {
      const neuron = pointed ?? (data.has_details_panel ? null : selected);
      const index = neuron === null ? -1 : grid.neurons.indexOf(neuron);
      lens.hidden = neuron === null || index < 0;
      if (neuron === null || index < 0) return;
      const image = new ImageData(SIDE, SIDE);
      paintTile(snapshot, neuron, fullColor, palette, new Uint32Array(image.data.buffer), 0, SIDE);
      contextOf(lensCanvas).putImageData(image, 0, 0);
      const largest = `largest weight ${snapshot.scales[neuron].toPrecision(2)}`;
      lensText.textContent = [`Neuron ${neuron}`, largest, data.notes?.[neuron]].filter(Boolean)
        .join(" · ");
      const { columns, cell } = grid, size = SIDE * LENS_SCALE + 16;
      const left = (index % columns) * cell, top = Math.floor(index / columns) * cell;
      const fitsRight = left + cell + 8 + size < figure.clientWidth;
      lens.style.left = `${fitsRight ? left + cell + 4 : Math.max(0, left - size - 4)}px`;
      lens.style.top = `${clamp(top, 0, Math.max(0, canvas.clientHeight - size - 24))}px`;
    }

    /** The neuron under the pointer. @param {MouseEvent} event */
    function neuronAt(event) {
      const box = canvas.getBoundingClientRect(), { columns, cell, neurons } = grid;
      const column = Math.floor((event.clientX - box.left) / cell);
      const row = Math.floor((event.clientY - box.top) / cell);
      return column >= 0 && column < columns ? neurons[row * columns + column] ?? null : null;
    }

    /** Say which neuron the keyboard has selected. */
    function announce() {
      const weight = snapshot?.scales[selected ?? 0].toPrecision(2);
      spoken.textContent = selected === null ? "" : [
        `Neuron ${selected} of ${formatCount(data.neurons)}`,
        `largest weight ${weight}`,
        data.badges?.[selected],
        data.notes?.[selected],
      ].filter(Boolean).join(", ");
    }

    /** @param {number | null} neuron */
    function open(neuron) {
      if (neuron !== null && data.can_open) setTriggerValue("opened", neuron);
    }

    /** @param {Data} data → its tiles as a snapshot */
    function unpackTiles({ tiles, neurons: of, step, samples_seen }) {
      if (!tiles) return null;
      const bytes = decode(tiles), neurons = bytes.length / (PIXELS + 4);
      return {
        neurons,
        of,
        step: step ?? 0,
        samples_seen: samples_seen ?? null,
        scales: new Float32Array(bytes.buffer, 0, neurons),
        tiles: new Int8Array(bytes.buffer, 4 * neurons),
      };
    }

    canvas.onpointermove = guard((event) => {
      pointed = neuronAt(event);
      draw();
    });
    canvas.onpointerleave = guard(() => {
      pointed = null;
      draw();
    });
    canvas.onclick = guard((event) => {
      const neuron = neuronAt(event);
      selected = neuron === selected && !data.can_open ? null : neuron;
      draw();
      open(neuron);
    });
    canvas.onkeydown = guard((event) => {
      const { columns, neurons } = grid;
      const index = selected === null ? -1 : neurons.indexOf(selected);
      const next = moved(event.key, index, neurons.length, columns);
      if (event.key === "Escape") selected = null;
      else if (event.key === "Enter") open(selected);
      else if (next !== null && neurons.length) selected = neurons[index < 0 ? 0 : next];
      else return;
      announce();
      event.preventDefault();
      draw();
    });
    scale.onchange = count.onchange = guard(draw);
    save.onclick = guard(() => {
      const image = document.createElement("canvas"), ratio = 2 * (devicePixelRatio || 1);
      image.width = Math.round(canvas.clientWidth * ratio);
      image.height = Math.round(canvas.clientHeight * ratio);
      compose(image, ratio);
      image.toBlob((blob) => {
        if (!blob) return;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = `neurons-${snapshot?.step ?? 0}.png`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      });
    });

    const resized = new ResizeObserver(guard(draw));
    resized.observe(figure);
    return {
      /** @param {Data} news */
      update(news) {
        if (stream?.run !== news.run) stream = null;
        if (news.tiles !== data.tiles || news.step !== data.step) fixed = unpackTiles(news);
        if (news.selected !== data.selected) selected = news.selected ?? null;
        data = news;
        updates++; // whatever the script says is drawn
        save.hidden = !news.has_details_panel;
        draw();
      },
      show(news) {
        stream = news;
        draw();
      },
      recolor: draw,
      end: () => resized.disconnect(),
    };
  });
}
