import assert from "node:assert";
import { drawingPalette, grayPalette, mix, rgb, weightPalette } from "../../assets/lib/theme.js";

/** @import { Theme } from "../../assets/lib/theme.js" */

const THEME = /** @type {Theme} */ ({
  text: "#1c2430",
  panel: "#f4f5f7",
  positive: "#1d63b8",
  negative: "rgb(194, 56, 46)",
});

/** A pixel's red, green, blue, alpha. @param {number} pixel */
const channels = (pixel) => [...new Uint8Array(new Uint32Array([pixel]).buffer)];

Deno.test("colors are read in all the ways CSS gives them", () => {
  assert.deepEqual(rgb("#1d63b8"), [29, 99, 184]);
  assert.deepEqual(rgb("#fff"), [255, 255, 255]);
  assert.deepEqual(rgb("rgb(29, 99, 184)"), [29, 99, 184]);
  assert.deepEqual(rgb("rgba(29, 99, 184, 0.5)"), [29, 99, 184]);
});

Deno.test("a mixed pixel is opaque and lies between both colors", () => {
  assert.deepEqual(channels(mix([0, 0, 0], [200, 100, 50], 0.5)), [100, 50, 25, 255]);
});

Deno.test("weights go from the negative color over the panel's to the positive one", () => {
  const palette = weightPalette(THEME);
  assert.equal(palette.length, 256);
  assert.deepEqual(channels(palette[1]), [194, 56, 46, 255]);
  assert.deepEqual(channels(palette[128]), [244, 245, 247, 255]);
  assert.deepEqual(channels(palette[255]), [29, 99, 184, 255]);
  assert.equal(palette[0], palette[1]); // −128 is no stronger than −127
});

Deno.test("the larger a weight the nearer its color to the end", () => {
  const reds = Array.from(weightPalette(THEME).slice(128), (pixel) => channels(pixel)[0]);
  for (let i = 1; i < reds.length; i++) assert(reds[i] <= reds[i - 1]);
});

Deno.test("drawings are dark on light as the theme is, network inputs white on black", () => {
  assert.deepEqual(channels(drawingPalette(THEME)[0]), [244, 245, 247, 255]);
  assert.deepEqual(channels(drawingPalette(THEME)[255]), [28, 36, 48, 255]);
  assert.deepEqual([0, 100, 255].map((value) => channels(grayPalette[value])[0]), [0, 100, 255]);
});
