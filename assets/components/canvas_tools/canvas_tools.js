// The tools above the canvas: undo, clear, the pens, and their keys; images from the clipboard.

import { contextOf } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { element, find, isTyping } from "../../lib/dom.js";
import { rgb, themeOf } from "../../lib/theme.js";
import { applyStyle, buttonOf, CLEAR, findDrawableCanvas, SEND, UNDO } from "./drawable_canvas.js";

/** @import { Call } from "../../lib/component.js" */

const SEARCH_INTERVAL = 50; // milliseconds until the canvas is looked for again
const RESEND_DELAY = 1000; // milliseconds without a prediction after which a drawing is sent again
const MAX_PASTED_SIDE = 1200; // pixels

/**
 * @typedef {object} Data see pages/draw/canvas.py
 * @property {number} pen its width, pixels
 * @property {boolean} has_image whether an image lies below the strokes
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

    let data = /** @type {Data} */ ({});
    /** @type {ShadowRoot | null} of the canvas */
    let root = null;
    let isDrawing = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let searchTimer;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let resendTimer;

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
      applyStyle(root);
      find(root, ".dc-container", HTMLElement).append(hint);
      const canvas = find(root, ".upper-canvas", HTMLCanvasElement);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "Canvas: draw one digit");
      canvas.addEventListener("mousedown", startStroke, { passive: true });
      canvas.addEventListener("touchstart", startStroke, { passive: true });
      // Its undo button tells whether something is on the canvas.
      new MutationObserver(guard(update)).observe(undoButton, { attributes: true });
      update();
    }

    function update() {
      if (!root) return;
      const isEmpty = buttonOf(root, UNDO)?.disabled ?? true;
      undo.disabled = isEmpty;
      clear.disabled = isEmpty && !data.has_image;
      hint.hidden = !isEmpty || isDrawing || data.has_image;
      const host = parent instanceof ShadowRoot ? parent.host : parent;
      const [r, g, b] = rgb(themeOf(host).background || "#fff");
      const isDark = r + g + b < 384 && !data.is_photo;
      find(root, ".dc-container", HTMLElement).classList.toggle("dark", isDark);
    }

    function startStroke() {
      isDrawing = true;
      hint.hidden = true;
      announceChange();
    }

    /** The canvas itself would wait a fifth of a second for more strokes before it sends. */
    function endStroke() {
      if (!isDrawing) return;
      isDrawing = false;
      press(SEND);
    }

    // Streamlit sends simultaneous changes under the fragment that changed first, and runs
    // no other: while a drawing is on its way, nothing else may ask for a rerun (see
    // deferred_rerun.js), and what has just been asked for is sent before it.
    const announceChange = () => document.dispatchEvent(new Event("digitscope-drawing-changed"));
    const stopResending = () => clearTimeout(resendTimer);

    /**
     * Press a button of the canvas. Without a prediction the drawing is sent once more.
     *
     * @param {string} label
     */
    function press(label) {
      announceChange();
      setTimeout(() => buttonOf(root, label)?.click());
      stopResending();
      resendTimer = setTimeout(() => isDrawing || buttonOf(root, SEND)?.click(), RESEND_DELAY);
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

    undo.onclick = guard(() => press(UNDO));
    clear.onclick = guard(() => {
      // Without the image the canvas clears itself; two messages at once might become one.
      if (data.has_image) setTriggerValue("cleared", true);
      else press(CLEAR);
    });
    for (const pen of pens) pen.onchange = guard(() => setStateValue("pen", Number(pen.value)));
    const ends = ["mouseup", "touchend", "touchcancel"];
    document.addEventListener("keydown", pressKey);
    document.addEventListener("paste", paste);
    document.addEventListener("digitscope-predicted", stopResending);
    for (const end of ends) addEventListener(end, endStroke);

    return {
      /** @param {Data} news */
      update(news) {
        data = news;
        for (const pen of pens) pen.checked = Number(pen.value) === news.pen;
        connect();
        update();
      },
      recolor: update,
      end() {
        clearTimeout(searchTimer);
        stopResending();
        document.removeEventListener("keydown", pressKey);
        document.removeEventListener("paste", paste);
        document.removeEventListener("digitscope-predicted", stopResending);
        for (const end of ends) removeEventListener(end, endStroke);
      },
    };
  });
}
