// A small curve of shares, as SVG.

import { svg } from "../../lib/svg.js";

const WIDTH = 160, HEIGHT = 26, MARGIN = 3; // units of its own

/**
 * The points of the curve; what is unknown is left out.
 *
 * @param {number[]} positions 0–1, from left to right
 * @param {(number | null)[]} shares 0–1
 * @returns {[number, number][]}
 */
export function curvePoints(positions, shares) {
  /** @type {[number, number][]} */
  const points = [];
  shares.forEach((share, i) => {
    if (share === null) return;
    points.push([
      MARGIN + (WIDTH - 2 * MARGIN) * positions[i],
      MARGIN + (HEIGHT - 2 * MARGIN) * (1 - share),
    ]);
  });
  return points;
}

/**
 * @param {number[]} positions
 * @param {(number | null)[]} shares
 */
export function curve(positions, shares) {
  const image = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  const axis = `M${MARGIN} ${HEIGHT - MARGIN}H${WIDTH - MARGIN}`;
  image.append(svg("path", { d: axis, class: "axis" }));
  const points = curvePoints(positions, shares), last = points.at(-1);
  if (last) {
    image.append(svg("polyline", { points: points.join(" "), class: "line" }));
    image.append(svg("circle", { cx: last[0], cy: last[1], r: 2.5 }));
  }
  return image;
}
