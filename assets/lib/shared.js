// Values that the components of a page share: Streamlit mounts each component by itself.

/**
 * A value with those who want to hear of each change.
 *
 * @template T
 * @param {T} value
 */
export function shared(value) {
  /** @type {Set<(value: T) => void>} */
  const viewers = new Set();
  return {
    get: () => value,
    /** @param {T} next */
    set(next) {
      if (next === value) return;
      value = next;
      for (const viewer of viewers) viewer(value);
    },
    /**
     * @param {(value: T) => void} viewer
     * @returns {() => void} ends it
     */
    observe(viewer) {
      viewers.add(viewer);
      return () => void viewers.delete(viewer);
    },
  };
}
