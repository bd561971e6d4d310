// Where things are laid out on a canvas.

/**
 * The number of columns that makes square tiles largest in the given space; of equals, the one
 * with the fewest rows.
 *
 * @param {number} count tiles
 * @param {number} width of the space, pixels
 * @param {number} height of the space, pixels
 * @param {number} maxTile pixels that a tile may take
 */
export function gridColumns(count, width, height, maxTile) {
  let best = 1, largest = 0, minRows = 0;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const tile = Math.min(maxTile, width / columns, height / rows);
    if (tile > largest || (tile === largest && rows < minRows)) {
      [best, largest, minRows] = [columns, tile, rows];
    }
  }
  return best;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
