// The network diagram: a column of nodes for each layer, the strongest weights as lines between
// them. Blue: positive; red: negative. The first column is the image's 28 × 28 pixels.

import { contextOf, SIDE } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { clamp } from "../../lib/layout.js";
import { keepOpen, livePrediction } from "../../lib/live_prediction.js";
import { formatCount, formatPercent } from "../../lib/numbers.js";
import { themeOf } from "../../lib/theme.js";
import { nextNode, placeNodes, targetAt } from "./geometry.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { Theme } from "../../lib/theme.js" */
/** @import { Connections } from "../../lib/wire.js" */
/** @import { Node, Target } from "./geometry.js" */

const INTERVAL = 100; // milliseconds between two drawings

/**
 * An image that is sent through every network that is shown.
 *
 * @typedef {object} Sent
 * @property {string} input Base64 (28, 28) uint8
 * @property {string} name "Your drawing"
 */

/**
 * What came of it.
 *
 * @typedef {object} Activations
 * @property {string} of the run and its step; "" for the newest one
 * @property {Sent} sent
 * @property {number[][]} layers 784 pixels, each hidden layer, 10 probabilities
 */

/** @typedef {{ run: string | null, drawing: string | null }} Data see network_diagram.py */

/** @param {Call} call */
export default function networkDiagram(call) {
  return mount(call, (parent, { guard }) => {
    const canvas = find(parent, "canvas", HTMLCanvasElement);
    const figure = find(parent, "figure", HTMLElement);
    const caption = find(parent, "figcaption", HTMLElement);
    const spoken = find(parent, ".spoken", HTMLElement);
    const sendRandom = find(parent, "[name=random]", HTMLButtonElement);
    const sendDrawing = find(parent, "[name=drawing]", HTMLButtonElement);
    const release = keepOpen();

    /** @type {Stream | null} */
    let stream = null;
    /** @type {Connections[] | null} */
    let drawnConnections = null;
    let data = /** @type {Data} */ ({});
    /** @type {Sent | null} */
    let sent = null;
    /** @type {Activations | null} */
    let activations = null;
    let requested = ""; // the network and the image of the last request
    let isUnderWay = false;
    /** @type {number[]} */
    let sizes = [];
    /** @type {Node[][]} */
    let nodes = [];
    let layout = "";
    /** @type {Target | null} */
    let pointed = null;
    /** @type {ReturnType<typeof setTimeout> | null} */
    let timer = null;

    function draw() {
      timer = null;
      const width = figure.clientWidth, connections = stream?.connections;
      if (!stream?.status || !connections || !width) return;
      sizes = stream.status.sizes;
      const height = clamp(Math.round(0.62 * width), 220, 340), ratio = devicePixelRatio || 1;
      const newLayout = [width, height, ratio, sizes].join();
      if (newLayout !== layout) {
        canvas.width = width * ratio;
        canvas.height = height * ratio;
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
        nodes = placeNodes(sizes, width, height);
        pointed = null;
        layout = newLayout;
      }
      const theme = themeOf(canvas), ctx = contextOf(canvas);
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      ctx.clearRect(0, 0, width, height);
      const { x, y, r } = nodes[0][0];
      ctx.fillStyle = theme.panel;
      ctx.fillRect(x - r, y - r, 2 * SIDE * r, 2 * SIDE * r);
      connections.forEach((each, layer) => drawConnections(ctx, theme, each, layer));
      nodes.forEach((_, layer) => drawNodes(ctx, theme, layer));
      drawnConnections = connections;
      describe(connections);
    }

    /**
     * @param {CanvasRenderingContext2D} ctx
     * @param {Theme} theme
     * @param {Connections} connections
     * @param {number} layer in which they start
     */
    function drawConnections(ctx, theme, { starts, ends, weights }, layer) {
      const strongest = Math.abs(weights.at(-1) ?? 0) || 1;
      for (let i = 0; i < weights.length; i++) {
        if (pointed && !touches(pointed, layer, starts[i], ends[i], i)) continue;
        const from = nodes[layer][starts[i]], to = nodes[layer + 1][ends[i]];
        const relative = Math.abs(weights[i]) / strongest;
        ctx.globalAlpha = pointed ? 0.3 + 0.7 * relative : 0.7 * relative ** 1.5;
        ctx.lineWidth = 0.4 + 1.6 * relative;
        ctx.strokeStyle = weights[i] < 0 ? theme.negative : theme.positive;
        const middle = (from.x + to.x) / 2;
        ctx.beginPath();
        ctx.moveTo(from.x, from.y);
        ctx.bezierCurveTo(middle, from.y, middle, to.y, to.x, to.y);
        ctx.stroke();
      }
      ctx.globalAlpha = 1;
    }

    /**
     * @param {Target} target
     * @param {number} layer
     * @param {number} start
     * @param {number} end
     * @param {number} line
     */
    function touches(target, layer, start, end, line) {
      if (target.line !== undefined) return target.layer === layer && target.line === line;
      return (target.layer === layer && target.node === start) ||
        (target.layer === layer + 1 && target.node === end);
    }

    /**
     * @param {CanvasRenderingContext2D} ctx
     * @param {Theme} theme
     * @param {number} layer
     */
    function drawNodes(ctx, theme, layer) {
      const values = shownActivations()?.layers[layer];
      if (layer === 0) return values && drawInputs(ctx, theme, values);
      const strongest = Math.max(1e-9, ...(values ?? []).map(Math.abs));
      nodes[layer].forEach(({ x, y, r }, n) => {
        ctx.beginPath();
        ctx.arc(x, y, r, 0, 2 * Math.PI);
        ctx.fillStyle = theme.background;
        ctx.fill();
        if (values) {
          ctx.globalAlpha = Math.min(1, Math.abs(values[n]) / strongest);
          ctx.fillStyle = values[n] < 0 ? theme.negative : theme.accent;
          ctx.fill();
          ctx.globalAlpha = 1;
        }
        const isPointed = pointed?.node === n && pointed.layer === layer;
        ctx.lineWidth = isPointed ? 2 : 0.8;
        ctx.fillStyle = ctx.strokeStyle = theme.text;
        if (r > 1.5 || isPointed) ctx.stroke();
        else ctx.fill();
        if (layer === sizes.length - 1) {
          ctx.font = `12px ${theme.font}`;
          ctx.textBaseline = "middle";
          ctx.fillText(String(n), x + r + 5, y);
        }
      });
    }

    /**
     * The test image, in the place of the input nodes.
     *
     * @param {CanvasRenderingContext2D} ctx
     * @param {Theme} theme
     * @param {number[]} image
     */
    function drawInputs(ctx, theme, image) {
      ctx.fillStyle = theme.text;
      nodes[0].forEach(({ x, y, r }, n) => {
        ctx.globalAlpha = image[n];
        ctx.fillRect(x - r, y - r, 2 * r, 2 * r);
      });
      ctx.globalAlpha = 1;
    }

    /** The network that is shown: a run and the step of a past snapshot, "" for the newest one. */
    const shownNetwork = () => [stream?.run, stream?.selected?.snapshot.step ?? ""].join();

    /** Of the image that was sent, as long as a network is shown that it went through. */
    const shownActivations = () => activations?.of === shownNetwork() ? activations : null;

    /** Send the image through the network that is shown, unless it has been. */
    async function sendThrough() {
      if (!stream?.snapshot || !sent || isUnderWay) return;
      const of = shownNetwork(), { run, selected, snapshot } = stream;
      const wanted = [of, snapshot.step, sent.input].join();
      if (wanted === requested) return;
      isUnderWay = true;
      const through = sent, step = selected ? snapshot.step : null;
      const response = await livePrediction().ask([{ input: through.input }], [[run, step]], {
        with_layers: true,
      });
      isUnderWay = false;
      const layers = response?.models[0].layers;
      if (!layers) return;
      requested = wanted;
      activations = { of, sent: through, layers };
      drawLater();
      setTimeout(guard(sendThrough), INTERVAL); // it may have learned more meanwhile
    }

    const drawLater = () => {
      timer ??= setTimeout(drawSoon, drawnConnections ? INTERVAL : 0);
    };

    /**
     * @param {number} layer
     * @param {number} n
     */
    function nodeName(layer, n) {
      if (layer === 0) return `pixel ${n % SIDE}, ${Math.floor(n / SIDE)}`;
      if (layer === sizes.length - 1) return `digit ${n}`;
      return sizes.length > 3 ? `neuron ${n} of hidden layer ${layer}` : `neuron ${n}`;
    }

    /** @param {Connections[]} connections */
    function describe(connections) {
      const shown = connections.reduce((sum, { weights }) => sum + weights.length, 0);
      const total = sizes.slice(1).reduce((sum, n, i) => sum + n * sizes[i], 0);
      const text = shown < total
        ? `The largest ${formatCount(shown)} of ${
          formatCount(total)
        } weights, from pixels to digits`
        : `All ${formatCount(shown)} weights, from pixels to digits`;
      canvas.setAttribute("aria-label", `${text}. Arrow keys go from node to node.`);
      caption.textContent = (pointed && describeTarget(pointed, connections)) ?? describeImage() ??
        text;
    }

    /**
     * @param {Target} target
     * @param {Connections[]} connections
     */
    function describeTarget({ layer, node, line }, connections) {
      let text = "";
      if (line !== undefined) {
        const { starts, ends, weights } = connections[layer];
        text = `${nodeName(layer, starts[line])} → ${nodeName(layer + 1, ends[line])}: ` +
          `weight ${weights[line].toFixed(3)}`;
      } else if (node !== undefined) {
        const activation = shownActivations()?.layers[layer][node];
        text = nodeName(layer, node);
        if (activation !== undefined) text += `: activation ${activation.toFixed(3)}`;
      }
      return text.charAt(0).toUpperCase() + text.slice(1);
    }

    /**
     * A node in words: which of how many, and the strongest weight that is drawn to it.
     *
     * @param {Target} target
     * @param {Connections[]} connections
     */
    function announcedNode(target, connections) {
      const { layer, node = 0 } = target, { starts, ends, weights } = connections[layer - 1];
      const strongest = ends.lastIndexOf(node); // the weakest comes first
      const weight = strongest < 0
        ? "none of its weights is among those drawn"
        : `strongest weight ` +
          `${weights[strongest].toFixed(3)}, from ${nodeName(layer - 1, starts[strongest])}`;
      return `${describeTarget(target, connections)}, of ${formatCount(sizes[layer])}: ${weight}`;
    }

    function describeImage() {
      const shown = shownActivations();
      if (!shown) return null;
      const output = shown.layers[shown.layers.length - 1];
      const predicted = output.indexOf(Math.max(...output));
      return `${shown.sent.name}: predicted ${predicted}, ` +
        `confidence ${formatPercent(output[predicted], 0)}`;
    }

    const point = guard((/** @type {PointerEvent} */ event) => {
      if (!drawnConnections) return;
      const box = canvas.getBoundingClientRect();
      const target = event.type === "pointerleave"
        ? null
        : targetAt(nodes, drawnConnections, event.clientX - box.left, event.clientY - box.top);
      if (JSON.stringify(target) === JSON.stringify(pointed)) return;
      pointed = target;
      draw();
    });
    canvas.onpointermove = canvas.onpointerdown = canvas.onpointerleave = point;
    canvas.onkeydown = guard((event) => {
      if (!drawnConnections) return;
      const target = event.key === "Escape" ? null : nextNode(event.key, pointed, sizes);
      if (target === undefined) return;
      event.preventDefault();
      pointed = target;
      draw();
      spoken.textContent = target ? announcedNode(target, drawnConnections) : "";
    });
    sendRandom.onclick = guard(async () => {
      const { error, image, label } = await (stream?.request("random_image") ?? {});
      if (error) caption.textContent = error; // until there is something new to draw
      if (!image) return;
      sent = { input: image, name: `A test image of a ${label}` };
      sendThrough();
    });
    sendDrawing.onclick = guard(() => {
      if (data.drawing) sent = { input: data.drawing, name: "Your pinned drawing" };
      sendThrough();
    });

    const drawSoon = guard(draw);
    const resized = new ResizeObserver(drawSoon);
    resized.observe(figure);
    return {
      /** @param {Data} news */
      update(news) {
        data = news;
        if (!data.run && stream) {
          [stream, drawnConnections, activations, pointed] = [null, null, null, null];
          contextOf(canvas).clearRect(0, 0, canvas.width, canvas.height);
          caption.textContent = "";
          sendRandom.disabled = true;
        }
        sendDrawing.disabled = !data.run || !data.drawing;
        sendDrawing.title = data.drawing ? "" : "Draw a digit on Draw and press Pin first";
      },
      show(news) {
        if (stream !== news) [stream, drawnConnections, pointed] = [news, null, null];
        const { status, lostAt, connections } = news;
        sendRandom.disabled = !status || lostAt !== null;
        sendThrough();
        if (connections !== drawnConnections) drawLater();
      },
      recolor: draw,
      end() {
        clearTimeout(timer ?? undefined);
        resized.disconnect();
        release();
      },
    };
  });
}
