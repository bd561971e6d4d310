// The script of a run's HTML report. nn/export/html_report.py puts it into the file together with
// the data; the file stands alone, so that nothing is imported here.

/**
 * @typedef {object} Snapshot
 * @property {number} step
 * @property {number} samples_seen
 * @property {number[]} scales the largest weight of each neuron
 * @property {string} tiles Base64 int8 (neurons, 784)
 * @property {number[][] | null} counts (10, 10), actual × predicted; null: not counted here
 */

/** @typedef {{ image: string, actual: number, predicted: number, probabilities: number[] }} Mistake */

/** @typedef {[number, number | null]} Point images seen, value */

/**
 * @typedef {object} Data
 * @property {[string, string][]} facts
 * @property {string} message
 * @property {number} neurons in the first layer
 * @property {number} hidden layers
 * @property {Snapshot[]} snapshots
 * @property {Point[]} loss
 * @property {[number, number | null, number | null, number | null][]} epochs images seen,
 *   validation loss, validation accuracy, training accuracy
 * @property {boolean} test_set_missing
 * @property {number} mistakes
 * @property {Mistake[]} gallery
 */

const SIDE = 28, PIXELS = SIDE * SIDE, GAP = 2, CELL = SIDE + GAP; // pixels of the bitmap
const LENS = 186; // pixels of the page that the lens takes
const PLAY_INTERVAL = 120; // milliseconds
const CHART = { height: 190, left: 44, right: 8, gap: 30, top: 16 }; // pixels

const numbers = new Intl.NumberFormat("en");
const [slider] = elements("#snapshot", HTMLInputElement);
const [play] = elements("#play", HTMLButtonElement);
const [wall, lensCanvas] = elements("#wall, .lens canvas", HTMLCanvasElement);
const [lens] = elements(".lens", HTMLElement);
const [chart] = elements("#curves", SVGElement);
const bitmap = document.createElement("canvas");

/** @type {Data} */
const data = JSON.parse(elements("#data", HTMLElement)[0].textContent ?? "");
const { snapshots } = data, last = snapshots.length - 1;
const tiles = snapshots.map((snapshot) => new Int8Array(decode(snapshot.tiles).buffer));

let palette = new Uint32Array(256); // of an int8 weight, from −128
let drawingPalette = new Uint32Array(256); // of a pixel 0–255
let columns = 1; // of the wall
/** @type {number | null} the neuron under the pointer */
let pointed = null;
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;
let request = 0; // of a frame, while the slider moves

/**
 * The elements that match, in the order of the page.
 *
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} type
 * @returns {E[]}
 */
function elements(selector, type) {
  const found = [...document.querySelectorAll(selector)];
  return /** @type {E[]} */ (found.filter((each) => each instanceof type));
}

/** @param {string} selector */
function element(selector) {
  return elements(selector, HTMLElement)[0];
}

/**
 * Append an HTML element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Element} parent
 * @param {Tag} tag
 * @param {string | number} [text]
 * @param {Record<string, string | number>} [attributes]
 */
function append(parent, tag, text = "", attributes = {}) {
  return fill(parent, document.createElement(tag), text, attributes);
}

/**
 * Append an SVG element.
 *
 * @param {Element} parent
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string | number} [text]
 */
function appendSvg(parent, tag, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return fill(parent, made, text, attributes);
}

/**
 * @template {Element} E
 * @param {Element} parent
 * @param {E} child
 * @param {string | number} text
 * @param {Record<string, string | number>} attributes
 */
function fill(parent, child, text, attributes) {
  child.textContent = String(text);
  for (const [name, value] of Object.entries(attributes)) child.setAttribute(name, String(value));
  parent.append(child);
  return child;
}

/** Base64 → bytes. @param {string} text */
function decode(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** @param {number} share @param {number} [digits] */
function formatPercent(share, digits = 1) {
  const smallest = 10 ** -digits, percent = 100 * share;
  if (percent < 100 && percent > 100 - smallest / 2) {
    return `> ${(100 - smallest).toFixed(digits)} %`;
  }
  return `${percent.toFixed(digits)} %`;
}

/** @param {Snapshot} snapshot */
function formatTime({ samples_seen }) {
  return samples_seen ? `after ${numbers.format(samples_seen)} images` : "before training";
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {number[][]} counts */
function accuracyOf(counts) {
  return sum(counts.map((row, digit) => row[digit])) / sum(counts.map(sum));
}

/** A color of the theme as #rrggbb. @param {string} name */
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** @param {HTMLCanvasElement} canvas */
function contextOf(canvas) {
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("This browser cannot draw on a canvas.");
  return ctx;
}

function updatePalettes() {
  const rgb = (/** @type {string} */ name) =>
    [1, 3, 5].map((start) => parseInt(color(name).slice(start, start + 2), 16));
  const panel = rgb("panel"), negative = rgb("negative"), positive = rgb("positive");
  const text = rgb("text");
  const mix = (/** @type {number[]} */ to, /** @type {number} */ share) => {
    const [r, g, b] = panel.map((from, i) => Math.round(from + (to[i] - from) * share));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  };
  palette = Uint32Array.from({ length: 256 }, (_, index) => {
    const weight = index - 128;
    const share = Math.min(1, Math.abs(weight) / 127) ** 0.8;
    return mix(weight > 0 ? positive : negative, share);
  });
  drawingPalette = Uint32Array.from({ length: 256 }, (_, value) => mix(text, value / 255));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values 28 × 28
 * @param {Uint32Array} colors
 * @param {number} [zero] the index of the value 0
 */
function putImage(canvas, values, colors, zero = 0) {
  const image = new ImageData(SIDE, SIDE), pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < PIXELS; i++) pixels[i] = colors[values[i] + zero];
  contextOf(canvas).putImageData(image, 0, 0);
}

/**
 * About so many columns, with the last row as full as possible.
 *
 * @param {number} count tiles
 * @param {number} wanted columns
 */
function columnsFor(count, wanted) {
  const empty = (/** @type {number} */ columns) => (columns - (count % columns)) % columns;
  let best = Math.max(1, Math.round(wanted));
  for (let columns = Math.ceil(0.8 * wanted); columns <= 1.3 * wanted; columns++) {
    if (empty(columns) < empty(best)) best = columns;
  }
  return best;
}

function drawWall() {
  const index = Number(slider.value), count = tiles[index].length / PIXELS;
  const width = wall.parentElement?.clientWidth ?? 0;
  columns = columnsFor(count, Math.sqrt(count * (width > 600 ? 1.6 : 0.9)));
  bitmap.width = columns * CELL - GAP;
  bitmap.height = Math.ceil(count / columns) * CELL - GAP;
  const image = new ImageData(bitmap.width, bitmap.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let n = 0, from = 0; n < count; n++) {
    let to = Math.floor(n / columns) * CELL * bitmap.width + (n % columns) * CELL;
    for (let y = 0; y < SIDE; y++, to += bitmap.width - SIDE) {
      for (let x = 0; x < SIDE; x++) pixels[to++] = palette[tiles[index][from++] + 128];
    }
  }
  contextOf(bitmap).putImageData(image, 0, 0);
  const shownWidth = Math.min(width, columns * 8 * CELL);
  const scale = (shownWidth * devicePixelRatio) / bitmap.width;
  wall.style.width = `${shownWidth}px`;
  wall.width = Math.round(bitmap.width * scale);
  wall.height = Math.round(bitmap.height * scale);
  const ctx = contextOf(wall);
  ctx.imageSmoothingEnabled = scale < 3;
  ctx.drawImage(bitmap, 0, 0, wall.width, wall.height);
  lens.hidden = pointed === null;
  if (pointed === null) return;
  const cell = (wall.clientWidth + (GAP * shownWidth) / bitmap.width) / columns;
  const x = (pointed % columns) * cell, y = Math.floor(pointed / columns) * cell;
  ctx.strokeStyle = color("text");
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.strokeRect(x * devicePixelRatio, y * devicePixelRatio, SIDE * scale, SIDE * scale);
  drawLens(pointed, index, x, y, cell);
}

/**
 * @param {number} neuron
 * @param {number} index of the snapshot
 * @param {number} x of its tile
 * @param {number} y
 * @param {number} cell pixels of a tile
 */
function drawLens(neuron, index, x, y, cell) {
  putImage(lensCanvas, tiles[index].subarray(PIXELS * neuron, PIXELS * (neuron + 1)), palette, 128);
  const largest = snapshots[index].scales[neuron].toPrecision(2);
  const name = `${data.hidden ? "Neuron" : "Digit"} ${neuron}`;
  element(".lens span").textContent = `${name} · largest weight ${largest}`;
  const fitsRight = x + cell + LENS < (wall.parentElement?.clientWidth ?? 0);
  lens.style.left = `${fitsRight ? x + cell + 2 : Math.max(0, x - LENS - 2)}px`;
  lens.style.top = `${Math.max(0, Math.min(y, wall.clientHeight - LENS - 24))}px`;
}

/** The range of the logarithmic x-axis, as powers of ten. */
const [firstPower, lastPower] = (() => {
  const seen = [...data.loss.map(([samples]) => samples), ...snapshots.map((s) => s.samples_seen)];
  const positive = seen.filter(Boolean);
  return [Math.min(...positive, 1e9), Math.max(...positive, 2)].map(Math.log10);
})();

/** Images seen → pixels on the x-axis. @param {number} samplesSeen */
function chartX(samplesSeen) {
  const width = (chart.parentElement?.clientWidth ?? 0) - CHART.left - CHART.right;
  const power = Math.log10(Math.max(samplesSeen, 10 ** firstPower));
  return CHART.left + ((power - firstPower) / Math.max(lastPower - firstPower, 0.01)) * width;
}

/** A round step of an axis, not much smaller. @param {number} step */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= step * 0.999) ?? step;
}

function drawCurves() {
  const width = chart.parentElement?.clientWidth ?? 0, { height, gap, top } = CHART;
  const bottom = top + 2 * height + gap;
  chart.replaceChildren();
  chart.setAttribute("viewBox", `0 0 ${width} ${bottom + 36}`);
  const test = snapshots.flatMap(({ samples_seen, counts }) =>
    counts ? [/** @type {Point} */ ([samples_seen, accuracyOf(counts)])] : []
  );
  const ofEpochs = (/** @type {1 | 2 | 3} */ column) =>
    data.epochs.map((epoch) => /** @type {Point} */ ([epoch[0], epoch[column]]));
  const losses = [...data.loss, ...ofEpochs(1)].map(([, value]) => value ?? 0);
  const highest = Math.max(...losses, 0.001);
  drawChart("loss", top, highest, roundStep(highest / 4), {
    training: data.loss,
    validation: ofEpochs(1),
  });
  drawChart("accuracy", top + height + gap, 1, 0.25, {
    training: ofEpochs(3),
    test,
    validation: ofEpochs(2),
  });
  const labels = Math.max(1, Math.floor((width - CHART.left) / 70));
  const every = (lastPower - firstPower) / labels > 1 ? 2 : 1;
  for (let power = Math.ceil(firstPower); power <= lastPower; power += every) {
    const attributes = { x: chartX(10 ** power), y: bottom + 16, "text-anchor": "middle" };
    appendSvg(chart, "text", attributes, numbers.format(10 ** power));
  }
  const attributes = { x: width - CHART.right, y: bottom + 32, "text-anchor": "end" };
  appendSvg(chart, "text", attributes, "images seen");
}

/** @type {Record<string, { color: string, dash: string }>} */
const LINES = {
  training: { color: "accent", dash: "" },
  test: { color: "positive", dash: "" },
  validation: { color: "muted", dash: "5 3" },
};

/**
 * @param {"loss" | "accuracy"} name
 * @param {number} top pixels
 * @param {number} highest value of the y-axis
 * @param {number} step between its labels
 * @param {Record<string, Point[]>} lines
 */
function drawChart(name, top, highest, step, lines) {
  const right = (chart.parentElement?.clientWidth ?? 0) - CHART.right, { height, left } = CHART;
  const y = (/** @type {number} */ value) => top + height - (value / highest) * (height - 8);
  appendSvg(chart, "text", { x: left, y: top - 4 }, name);
  for (let value = 0; value <= highest * 1.001; value += step) {
    appendSvg(chart, "line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) });
    const text = name === "accuracy" ? `${100 * value} %` : Number(value.toPrecision(2));
    appendSvg(chart, "text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, text);
  }
  for (const [line, points] of Object.entries(lines)) {
    const known = points.flatMap(([samples, value]) =>
      value === null ? [] : [`${chartX(samples).toFixed(1)},${y(value).toFixed(1)}`]
    );
    appendSvg(chart, "polyline", {
      class: "curve",
      points: known.join(" "),
      "stroke-dasharray": LINES[line].dash,
      style: `stroke: var(--${LINES[line].color})`,
    });
  }
  appendSvg(chart, "line", { class: "marker", y1: top, y2: top + height });
}

/** The newest snapshot up to the selected one whose predictions were counted. */
function countedSnapshot() {
  return snapshots.slice(0, Number(slider.value) + 1).findLast(({ counts }) => counts);
}

function drawConfusionMatrix() {
  const parent = element("#confusion-matrix"), snapshot = countedSnapshot();
  if (!snapshot?.counts) {
    parent.textContent = data.test_set_missing
      ? "Not available: the test images can no longer be found."
      : "Not available: the network’s activations overflow.";
    return;
  }
  if (parent.dataset.step === String(snapshot.step)) return;
  parent.dataset.step = String(snapshot.step);
  parent.replaceChildren();
  const table = append(append(parent, "div", "", { class: "scroll" }), "table");
  const head = append(append(table, "thead"), "tr"), body = append(table, "tbody");
  const headings = ["actual", ...Array(10).keys(), "accuracy"];
  for (const heading of headings) append(head, "th", heading, { scope: "col" });
  snapshot.counts.forEach((row, digit) => drawMatrixRow(append(body, "tr"), row, digit));
  const images = numbers.format(sum(snapshot.counts.map(sum)));
  const accuracy = formatPercent(accuracyOf(snapshot.counts), 2);
  const text = "A row counts the images of one actual digit, a column those predicted as it. " +
    `${images} test images, ${formatTime(snapshot)}: accuracy ${accuracy}.`;
  append(parent, "p", text, { class: "muted" });
}

/**
 * @param {HTMLTableRowElement} row
 * @param {number[]} counts
 * @param {number} digit
 */
function drawMatrixRow(row, counts, digit) {
  const total = sum(counts);
  append(row, "th", digit, { scope: "row" });
  counts.forEach((count, predicted) => {
    const isCorrect = predicted === digit, share = count / Math.max(total, 1);
    const shade = isCorrect ? share : Math.min(1, Math.sqrt(4 * share)); // few mistakes show, too
    append(row, "td", count || "·", {
      class: count ? "" : "empty",
      style: `--share: ${shade.toFixed(3)}; --color: var(--${isCorrect ? "positive" : "negative"})`,
    });
  });
  const accuracy = total ? formatPercent(counts[digit] / total) : "–";
  append(row, "td", accuracy, { class: "accuracy" });
}

function drawGallery() {
  const parent = element(".gallery"), shown = data.gallery.length;
  const part = data.mistakes > shown ? `: ${shown} of ${numbers.format(data.mistakes)}` : "";
  element("#mistakes-title").textContent = `Mistakes at the end, highest confidence first${part}`;
  parent.replaceChildren();
  if (!shown) parent.textContent = countedSnapshot() ? "None." : "Not available.";
  for (const mistake of data.gallery) drawMistake(append(parent, "figure"), mistake);
}

/**
 * @param {HTMLElement} figure
 * @param {Mistake} mistake
 */
function drawMistake(figure, { image, actual, predicted, probabilities }) {
  const canvas = append(figure, "canvas", "", {
    width: SIDE,
    height: SIDE,
    role: "img",
    "aria-label": `Actual ${actual}, predicted ${predicted}`,
  });
  putImage(canvas, decode(image), drawingPalette);
  const list = probabilities.map((p, digit) => `${digit}: ${formatPercent(p)}`).join(", ");
  const bars = appendSvg(figure, "svg", {
    viewBox: "0 0 112 34",
    role: "img",
    "aria-label": `Probabilities: ${list}`,
  });
  probabilities.forEach((probability, digit) => {
    const kind = digit === actual ? "positive" : digit === predicted ? "negative" : "muted";
    const x = 11.2 * digit + 1.6, height = Math.max(1, 20 * probability);
    const style = `fill: var(--${kind})`;
    appendSvg(bars, "rect", { x, y: 22 - height, width: 8, height, style });
    appendSvg(bars, "text", { x: x + 4, y: 33, "text-anchor": "middle" }, digit);
  });
  const caption = append(figure, "figcaption");
  append(caption, "b", actual);
  caption.append(", predicted ");
  append(caption, "b", predicted);
  append(caption, "br");
  caption.append(`confidence ${formatPercent(probabilities[predicted])}`);
}

/** Show the selected snapshot. */
function show() {
  const snapshot = snapshots[Number(slider.value)], counts = countedSnapshot()?.counts;
  const time = formatTime(snapshot);
  const accuracy = counts ? ` · test accuracy ${formatPercent(accuracyOf(counts))}` : "";
  const text = time[0].toUpperCase() + time.slice(1) + accuracy;
  element(".timeline output").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  wall.setAttribute("aria-label", `${element("#wall-title").textContent}, ${time}`);
  drawWall();
  drawConfusionMatrix();
  for (const marker of elements(".marker", SVGElement)) {
    marker.setAttribute("x1", String(chartX(snapshot.samples_seen)));
    marker.setAttribute("x2", String(chartX(snapshot.samples_seen)));
  }
}

function drawAll() {
  updatePalettes();
  drawCurves();
  drawGallery();
  show();
}

function stop() {
  clearInterval(timer);
  timer = undefined;
  play.textContent = "Play";
}

/** What never changes. */
function drawHeader() {
  for (const [term, value] of data.facts) {
    const fact = append(element("#facts"), "div");
    append(fact, "dt", term);
    append(fact, "dd", value);
  }
  element("#message").hidden = !data.message;
  element("#message").textContent = data.message;
  const shown = snapshots[0].scales.length, total = numbers.format(data.neurons);
  const neurons = data.neurons === 1 ? "1 neuron" : `${total} neurons`;
  const which = data.neurons > shown ? `the first ${shown} of ${neurons}` : neurons;
  element("#wall-title").textContent = data.hidden
    ? `First-layer weights of ${which}`
    : "Weights of each digit’s output, from 0 to 9";
  for (const [name, { color, dash }] of Object.entries(LINES)) {
    const item = append(element(".legend"), "li");
    const line = appendSvg(item, "svg", { viewBox: "0 0 22 8", "aria-hidden": "true" });
    appendSvg(line, "line", {
      x2: 22,
      y1: 4,
      y2: 4,
      "stroke-width": 2,
      "stroke-dasharray": dash,
      style: `stroke: var(--${color})`,
    });
    item.append(name);
  }
}

play.onclick = () => {
  if (timer) return stop();
  if (Number(slider.value) === last) slider.value = "0";
  play.textContent = "Pause";
  timer = setInterval(() => {
    slider.value = String(Number(slider.value) + 1);
    show();
    if (Number(slider.value) === last) stop();
  }, PLAY_INTERVAL);
};

slider.oninput = () => {
  stop();
  cancelAnimationFrame(request);
  request = requestAnimationFrame(show);
};

wall.onpointermove = (/** @type {PointerEvent} */ { clientX, clientY }) => {
  const box = wall.getBoundingClientRect(), cell = box.width / columns;
  const column = Math.min(columns - 1, Math.floor((clientX - box.left) / cell));
  const neuron = Math.floor((clientY - box.top) / cell) * columns + column;
  pointed = neuron < snapshots[Number(slider.value)].scales.length ? neuron : null;
  drawWall();
};

wall.onpointerleave = wall.onblur = () => {
  pointed = null;
  drawWall();
};

wall.onkeydown = (/** @type {KeyboardEvent} */ event) => {
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const move = moves[/** @type {keyof typeof moves} */ (event.key)];
  const lastNeuron = snapshots[Number(slider.value)].scales.length - 1;
  if (event.key === "Escape") pointed = null;
  else if (move) pointed = pointed === null ? 0 : Math.max(0, Math.min(lastNeuron, pointed + move));
  else return;
  event.preventDefault();
  drawWall();
};

slider.max = String(last);
slider.value = String(last);
drawHeader();
matchMedia("(prefers-color-scheme: dark)").onchange = drawAll;
new ResizeObserver(() => {
  drawCurves();
  show();
}).observe(element("main"));
drawAll();
