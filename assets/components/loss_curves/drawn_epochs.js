// Which epochs of a long run have a marker on the curves: a chart is about 600 pixels wide.

const ALL = 256; // before this epoch all have one; of each doubling after it, 128 have one

/**
 * Whether an epoch is drawn. It depends on nothing else, so that a chart can be extended in place.
 *
 * @param {number} epoch counted from 1
 */
export function isDrawn(epoch) {
  const every = 2 ** Math.max(0, Math.floor(Math.log2(epoch / ALL)) + 1);
  return epoch % every === 0;
}
