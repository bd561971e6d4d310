// The version of the page's modules. After an update of the server the page is reloaded, once.

import { element } from "./dom.js";

const RELOAD_DELAY = 1500; // milliseconds to read the message
const RELOADED_FOR = "digitscope reloaded for"; // in the tab's session storage

const MESSAGE = "digitscope-updated";

/** "" outside of a page that pages/server/assets.py has served. */
export const VERSION = /\/assets\/([0-9a-f]{12})\//.exec(import.meta.url)?.[1] ?? "";

/**
 * Compare the server's version with the page's, say so when it is another, and reload: once for
 * each version of the server, so never in a loop.
 *
 * @param {string} version of the server
 * @param {string} ours
 * @returns {boolean} whether they are the same
 */
export function checkVersion(version, ours = VERSION) {
  if (!ours || !version || version === ours) return true;
  if (document.querySelector(`.${MESSAGE}`)) return false; // it has been said
  const isFirst = sessionStorage.getItem(RELOADED_FOR) !== version;
  const message = element("div", MESSAGE);
  message.setAttribute("role", "alert");
  message.textContent = "Digitscope was updated. " + (isFirst ? "Reloading…" : "Reload the page.");
  document.body.append(message);
  if (isFirst) {
    sessionStorage.setItem(RELOADED_FOR, version);
    setTimeout(() => location.reload(), RELOAD_DELAY);
  }
  return false;
}
