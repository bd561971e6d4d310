// URLs of the server's own routes. The program may be served below a base path, by
// server.baseUrlPath or by a proxy, so they are relative to this module, which is at
// BASE/assets/VERSION/lib/urls.js.

const BASE = new URL("../../../", import.meta.url);

/**
 * The URL of a route, for fetch.
 *
 * @param {string} path without a slash in front: "snapshots/RUN"
 */
export const urlOf = (path) => new URL(path, BASE).href;

/**
 * The URL of a WebSocket's route.
 *
 * @param {string} path likewise: "live"
 */
export const socketUrl = (path) => urlOf(path).replace(/^http/, "ws");
