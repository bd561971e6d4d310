// The runs that have just been checked for comparison, until the script knows them as well.

import { shared } from "./shared.js";

/** The ids of all runs to compare, in order; null: those that the script compares. */
export const picked = shared(/** @type {string[] | null} */ (null));
