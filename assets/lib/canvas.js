// Drawing on canvases: images of 28 × 28 pixels, and charts in pixels of the page.

export const SIDE = 28; // pixels of an image's side
export const PIXELS = SIDE * SIDE;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 * @returns {CanvasRenderingContext2D}
 */
export function contextOf(canvas, settings) {
  const ctx = canvas.getContext("2d", settings);
  if (!ctx) throw new Error("This browser cannot draw on a canvas.");
  return ctx;
}

/**
 * Give a canvas this size, with as many pixels as the screen has. → its context, in pixels of the
 * page.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function resize(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const ctx = contextOf(canvas);
  ctx.scale(ratio, ratio);
  return ctx;
}

/**
 * Show values (height × width), each in the palette's color, a pixel each.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {Uint32Array} palette
 * @param {number} [zero] index of the value 0 in the palette
 * @param {number} [width]
 * @param {number} [height]
 */
export function putImage(canvas, values, palette, zero = 0, width = SIDE, height = SIDE) {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = palette[values[i] + zero];
  canvas.width = width;
  canvas.height = height;
  contextOf(canvas).putImageData(image, 0, 0);
}

/**
 * The same on a canvas of its own, to be drawn on another one.
 *
 * @param {ArrayLike<number>} values 28 × 28
 * @param {Uint32Array} palette
 * @param {number} [zero]
 */
export function bitmap(values, palette, zero = 0) {
  const canvas = document.createElement("canvas");
  putImage(canvas, values, palette, zero);
  return canvas;
}

/** Base64 → float32. @param {string} text */
export const decodeFloats = (text) => new Float32Array(decode(text).buffer);

/** Base64 → int8. @param {string} text */
export const decodeInt8 = (text) => new Int8Array(decode(text).buffer);

/** Base64 → its bytes. @param {string} text */
export const decode = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
