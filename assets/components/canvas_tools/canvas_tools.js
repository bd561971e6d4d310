// The tools above the canvas: undo, clear, the pens, and their keys; images from the clipboard. What
// is drawn is predicted while the pen moves, and posted to the script when it is lifted.

import { contextOf } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { element, find, isTyping } from "../../lib/dom.js";
import { livePrediction, nextId } from "../../lib/live_prediction.js";
import { rgb, themeOf } from "../../lib/theme.js";
import { applyStyle, buttonOf, CLEAR, findDrawableCanvas, UNDO } from "./drawable_canvas.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Drawing } from "../../lib/live_prediction.js" */

const SIDE = 400; // pixels of the canvas, as in pages/server/drawing.py
const SEARCH_INTERVAL = 50; // milliseconds until the canvas is looked for again
const MAX_PASTED_SIDE = 1200; // pixels
const PATIENCE = 300; // milliseconds that the script's answer waits for the live one
const STARTS = ["mousedown", "touchstart"];
const MOVES = /** @type {const} */ (["mousemove", "touchmove"]);
const ENDS = ["mouseup", "touchend", "touchcancel"];

/**
 * @typedef {object} Data see pages/components/canvas_tools.py
 * @property {number} pen its width, pixels
 * @property {number} image changes with the image below the strokes
 * @property {boolean} has_image whether there is one
 * @property {boolean} is_photo whether it has colors of its own
 */

/** @param {Call} call */
export default function canvasTools(call) {
  return mount(call, (parent, { setStateValue, setTriggerValue, guard }) => {
    const undo = find(parent, "[name=undo]", HTMLButtonElement);
    const clear = find(parent, "[name=clear]", HTMLButtonElement);
    const pens = [...parent.querySelectorAll("input")];
    const hint = element("div", "hint", "Draw one large digit here");
    hint.append(element("small", "", "with a mouse, finger or pen"));
    const copy = document.createElement("canvas");
    copy.width = copy.height = SIDE;
    const context = contextOf(copy, { willReadFrequently: true });

    let data = /** @type {Data} */ ({});
    /** @type {ShadowRoot | null} of the canvas */
    let root = null;
    /** @type {[x: number, y: number][][]} in pixels of the canvas; the last one may be under way */
    let strokes = [];
    let isDrawing = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let searchTimer;

    /** The canvas may come later than this, and another one in its place. */
    function connect() {
      clearTimeout(searchTimer);
      const found = findDrawableCanvas(), undoButton = buttonOf(found, UNDO);
      if (!found || !undoButton) {
        searchTimer = setTimeout(guard(connect), SEARCH_INTERVAL);
        return;
      }
      if (found === root && root.contains(hint)) return;
      root = found;
      strokes = [];
      applyStyle(root);
      find(root, ".dc-container", HTMLElement).append(hint);
      const canvas = find(root, ".upper-canvas", HTMLCanvasElement);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "Canvas: draw one digit");
      for (const start of STARTS) canvas.addEventListener(start, startListener, { passive: true });
      // Its undo button tells whether something is on the canvas.
      new MutationObserver(guard(update)).observe(undoButton, { attributes: true });
      update();
    }

    function update() {
      if (!root) return;
      const isEmpty = buttonOf(root, UNDO)?.disabled ?? true;
      if (isEmpty && !isDrawing) strokes = [];
      undo.disabled = isEmpty;
      clear.disabled = isEmpty && !data.has_image;
      hint.hidden = !isEmpty || isDrawing || data.has_image;
      const host = parent instanceof ShadowRoot ? parent.host : parent;
      const [r, g, b] = rgb(themeOf(host).background || "#fff");
      const isDark = r + g + b < 384 && !data.is_photo;
      find(root, ".dc-container", HTMLElement).classList.toggle("dark", isDark);
    }

    /** What is on the canvas now: its layers, one on the other. @returns {Drawing} */
    function take() {
      context.fillStyle = "white";
      context.fillRect(0, 0, SIDE, SIDE);
      for (const layer of root?.querySelectorAll("canvas") ?? []) context.drawImage(layer, 0, 0);
      return {
        id: nextId(),
        image: data.image,
        strokes: strokes.length - Number(isDrawing),
        hasInk: strokes.length > 0 || data.has_image,
        pixels: { png: copy.toDataURL("image/png").split(",")[1] },
      };
    }

    /** @param {MouseEvent | TouchEvent} event */
    function addPoint(event) {
      const box = root?.querySelector(".upper-canvas")?.getBoundingClientRect();
      const { clientX, clientY } = "touches" in event ? event.touches[0] : event;
      if (!box) return;
      const scale = SIDE / box.width;
      strokes.at(-1)?.push([(clientX - box.left) * scale, (clientY - box.top) * scale]);
    }

    const startStroke = guard((/** @type {MouseEvent | TouchEvent} */ event) => {
      if (isDrawing || ("button" in event && event.button)) return; // a second finger, right button
      isDrawing = true;
      hint.hidden = true;
      strokes.push([]);
      addPoint(event);
      livePrediction().predict(take);
    });

    const startListener = /** @type {EventListener} */ (startStroke);

    const moveStroke = guard((/** @type {MouseEvent | TouchEvent} */ event) => {
      if (!isDrawing) return;
      addPoint(event);
      livePrediction().predict(take);
    });

    const endStroke = guard((/** @type {Event} */ event) => {
      if (!isDrawing || (event instanceof TouchEvent && event.touches.length)) return;
      isDrawing = false;
      requestAnimationFrame(guard(post)); // in the same frame the canvas draws the finished stroke
    });

    /** Predict what is on the canvas, then post it to the script, whose work would delay the bars. */
    async function post() {
      const drawing = take();
      // Without a stroke there may be an image in MNIST's format, which is used unchanged.
      if (strokes.length || !data.has_image) {
        const predicted = livePrediction().predict(() => drawing);
        await Promise.race([predicted, new Promise((done) => setTimeout(done, PATIENCE))]);
      }
      if (isDrawing) return; // the next stroke's end posts this one, too
      const { id, image, pixels } = drawing;
      setStateValue("drawing", { id, image, strokes, ...pixels });
    }

    /** Press a button of the canvas: it has loaded what is left before the next task. */
    function press(/** @type {string} */ label) {
      buttonOf(root, label)?.click();
      setTimeout(guard(post));
    }

    const pressKey = guard((/** @type {KeyboardEvent} */ event) => {
      if (isTyping(event) || event.altKey || event.shiftKey || event.defaultPrevented) return;
      const hasCommand = event.ctrlKey || event.metaKey;
      if (event.key.toLowerCase() === "z" && !undo.disabled) undo.click();
      else if (event.key === "Delete" && !hasCommand && !clear.disabled) clear.click();
      else return;
      event.preventDefault();
    });

    /** An image from the clipboard, made small enough to send. @param {ClipboardEvent} event */
    async function paste(event) {
      const items = [...(event.clipboardData?.items ?? [])];
      const file = items.find(({ type }) => type.startsWith("image/"))?.getAsFile();
      if (!file) return;
      event.preventDefault();
      const bitmap = await createImageBitmap(file).catch(() => null);
      if (!bitmap) return;
      const scale = Math.min(1, MAX_PASTED_SIDE / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      contextOf(canvas).drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      setTriggerValue("pasted", canvas.toDataURL("image/png"));
    }

    undo.onclick = guard(() => {
      if (isDrawing) return;
      strokes.pop();
      press(UNDO);
    });
    clear.onclick = guard(() => {
      if (isDrawing) return;
      if (data.has_image) return setTriggerValue("cleared", true); // the script takes it off
      strokes = [];
      press(CLEAR);
    });
    for (const pen of pens) pen.onchange = guard(() => setStateValue("pen", Number(pen.value)));
    document.addEventListener("keydown", pressKey);
    document.addEventListener("paste", paste);
    for (const move of MOVES) addEventListener(move, moveStroke, { passive: true });
    for (const end of ENDS) addEventListener(end, endStroke);

    return {
      /** @param {Data} news */
      update(news) {
        if (news.image !== data.image) strokes = [];
        data = news;
        for (const pen of pens) pen.checked = Number(pen.value) === news.pen;
        connect();
        update();
      },
      recolor: update,
      end() {
        clearTimeout(searchTimer);
        hint.remove();
        const canvas = root?.querySelector(".upper-canvas");
        for (const start of STARTS) canvas?.removeEventListener(start, startListener);
        document.removeEventListener("keydown", pressKey);
        document.removeEventListener("paste", paste);
        for (const move of MOVES) removeEventListener(move, moveStroke);
        for (const end of ENDS) removeEventListener(end, endStroke);
      },
    };
  });
}
